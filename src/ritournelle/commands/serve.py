"""`ritournelle serve`: the API, the health page, its JSON and its metrics, until interrupted."""

# Imports stand inside the verbs, as in `ritournelle.cli`.
from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ritournelle.commands.shell import platform

if TYPE_CHECKING:
    from ritournelle.bootstrap import Platform

Host = Annotated[str, typer.Option("--host", help="Address to listen at; one that others reach needs API keys.")]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen at.")]
DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8000


def serve(host: Host = DEFAULT_HOST, port: Port = DEFAULT_PORT) -> None:
    """Serve the API under `/v1`, the health page for browsers, `/metrics` for Prometheus, until interrupted."""
    serve_platform(platform(), host, port)


def require_free(host: str, port: int) -> None:
    """Raises `SettingsError` when the address cannot be listened at, or is not this machine's alone."""
    from ritournelle.serving.server import check_address

    check_address(host, port)


def serve_platform(current: Platform, host: str, port: int) -> None:
    """Blocks; raises `SettingsError` when the address cannot be listened at."""
    from ritournelle.serving.api.live import api_of, keyring_of
    from ritournelle.serving.app import create_app
    from ritournelle.serving.assets import vega_bundle
    from ritournelle.serving.live import parts_of
    from ritournelle.serving.server import check_address, is_loopback, names_of
    from ritournelle.serving.server import serve as serve_app

    address = check_address(host, port, has_keys=bool(keyring_of(current).keys()))
    parts = parts_of(current)
    # Beyond loopback keys are asked for also after the last one was revoked.
    api = api_of(current, names_of(address, current.settings.serving.hosts), needs_keys=not is_loopback(address))
    serve_app(create_app(parts, vega_bundle(parts.cache), api=api), address, port, _say_where)


def _say_where(url: str) -> None:
    print(f"the health page is at {url} (ctrl-C stops it)", file=sys.stderr)
