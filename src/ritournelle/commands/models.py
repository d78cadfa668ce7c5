"""`ritournelle models`: what is registered, who serves and why; change it by hand; train a version again."""

# Imports stand inside the verbs, as in `ritournelle.cli`.
from __future__ import annotations

from typing import Annotated

import typer

from ritournelle.commands.shell import AsJson, platform, print_json

app = typer.Typer(no_args_is_help=True, help="The registered models.")

Version = Annotated[str, typer.Argument(help="Such as `als-000001`; `ritournelle models list` shows all.")]
Why = Annotated[str, typer.Option("--why", help="Kept beside the promotion.")]
BY_HAND = "by hand"


@app.command("list")
def list_versions(as_json: AsJson = False) -> None:
    """All versions, oldest first: who serves, who challenges, and what each reached."""
    from ritournelle.commands.model_views import show_versions
    from ritournelle.registry.overview import overview

    versions = overview(platform().registry())
    if as_json:
        print_json([version.to_dict() for version in versions])
    else:
        show_versions(versions)


@app.command("show")
def show(version: Version, as_json: AsJson = False) -> None:
    """One version: from what, with what and when it was trained, and by what evidence it serves or does not."""
    from ritournelle.commands.model_views import show_version
    from ritournelle.registry.overview import describe

    described = describe(platform().registry(), version)
    if as_json:
        print_json(described)
    else:
        show_version(described)


@app.command("promote")
def promote(version: Version, why: Why = BY_HAND) -> None:
    """Make a version the champion, whatever the gate said; stored lists follow with the next `recommend` or `run`."""
    platform().promote(version, why)
    print(f"{version} is the champion now, and answers at once; `ritournelle recommend` writes its lists")


@app.command("rollback")
def rollback(why: Why = BY_HAND) -> None:
    """Let the last sound champion before the current one serve again."""
    version = platform().roll_back(why)
    print(f"{version} is the champion again, and answers at once; `ritournelle recommend` writes its lists")


@app.command("reproduce")
def reproduce(
    version: Version,
    tolerance: Annotated[
        float, typer.Option("--tolerance", min=0, help="Largest difference allowed, as a share of the largest number.")
    ] = 1e-6,
    as_json: AsJson = False,
) -> None:
    """Train a version again, from the published data, and compare every number with what is registered."""
    from ritournelle.commands.model_views import show_reproduction

    found = platform().reproduce(version)
    if as_json:
        print_json(found.to_dict(tolerance))
    else:
        show_reproduction(found, tolerance)
    if not found.is_within(tolerance):
        raise typer.Exit(1)
