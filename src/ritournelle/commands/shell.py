"""What all verbs share: the platform that the settings describe, what they print, and how they fail."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ritournelle.commands.characters import shows_all_characters

if TYPE_CHECKING:
    from ritournelle.bootstrap import Platform
    from ritournelle.console import ConsoleWatcher
    from ritournelle.line_watcher import LineWatcher

EXIT_FAILED, EXIT_USAGE = 1, 2

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def platform() -> Platform:
    """The platform of the settings in force."""
    from ritournelle.bootstrap import Platform
    from ritournelle.settings import load_settings

    return Platform(load_settings())


def print_json(value: Any) -> None:
    """One value, for programs; dates as text, and characters escaped where they cannot be shown."""
    print(json.dumps(value, ensure_ascii=not shows_all_characters(), indent=2, default=str))


def views() -> Any:
    """The views of the console, imported when something is shown."""
    from ritournelle import console

    return console


def watcher() -> ConsoleWatcher | LineWatcher:
    """What shows how a run goes: bars to a person, lines to a log."""
    if sys.stderr.isatty():
        from ritournelle.console import ConsoleWatcher

        return ConsoleWatcher()
    from ritournelle.line_watcher import LineWatcher

    return LineWatcher()


def fail(problem: object, code: int) -> NoReturn:
    """One message on standard error, and the end."""
    print(f"error: {problem}", file=sys.stderr)
    sys.exit(code)
