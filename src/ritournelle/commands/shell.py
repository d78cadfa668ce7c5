"""What all verbs share: the platform that the settings describe, and JSON on standard output."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ritournelle.bootstrap import Platform

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def platform() -> Platform:
    """The platform of the settings in force."""
    from ritournelle.bootstrap import Platform
    from ritournelle.settings import load_settings

    return Platform(load_settings())


def print_json(value: Any) -> None:
    """One value, for programs; dates as text."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))
