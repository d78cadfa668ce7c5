"""`ritournelle keys`: who may ask the server for what."""

# Imports stand inside the verbs, as in `ritournelle.cli`.
from __future__ import annotations

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ritournelle.commands.shell import AsJson, platform, print_json

if TYPE_CHECKING:
    from ritournelle.serving.api.keyring import Keyring

app = typer.Typer(no_args_is_help=True, help="The API keys of the server.")


class ScopeName(StrEnum):
    """What a key allows: the names of `serving.api.keyring.Scope`, which is not imported for `--help`."""

    READ = "read"
    WRITE = "write"
    OPERATE = "operate"


Name = Annotated[str, typer.Argument(help="Whose key it is, such as `app` or `dashboard`.")]
Scopes = Annotated[list[ScopeName], typer.Option("--scope", help="What it allows; may be repeated.")]
KeyId = Annotated[str, typer.Argument(help="As `ritournelle keys list` shows it.")]


@app.command("create")
def create(name: Name, scope: Scopes, as_json: AsJson = False) -> None:
    """Make a key and print it, this once; from the first one on the server asks everybody for a key."""
    from ritournelle.domain.clock import utc_now
    from ritournelle.serving.api.keyring import Scope

    token, key = _keyring().create(name, [Scope(one.value) for one in scope], utc_now())
    if as_json:
        print_json({"key": token, "key_id": key.key_id, "name": name, "scopes": list(key.scopes)})
        return
    print(f"key {key.key_id} for {name}, to be kept now: it is not shown again", file=sys.stderr)
    print(token)


@app.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """All keys, by their ids: never the keys themselves."""
    keys = _keyring().keys()
    if as_json:
        told = [
            {"key_id": key.key_id, "name": key.name, "scopes": list(key.scopes), "created_at": key.created_at}
            for key in keys
        ]
        print_json(told)
        return
    for key in keys:
        print(f"{key.key_id}  {', '.join(key.scopes):20}  {key.created_at:%Y-%m-%d %H:%M}  {key.name}")
    if not keys:
        print("there are no keys: the server answers this machine without any", file=sys.stderr)


@app.command("revoke")
def revoke(key_id: KeyId) -> None:
    """Let a key open nothing any more, from the next request on."""
    if not _keyring().revoke(key_id):
        print(f"error: there is no key {key_id}", file=sys.stderr)
        raise typer.Exit(1)
    print(f"key {key_id} opens nothing any more", file=sys.stderr)


def _keyring() -> Keyring:
    from ritournelle.serving.api.live import keyring_of

    return keyring_of(platform())
