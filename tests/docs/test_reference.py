"""The reference pages say what the code says. `RITOURNELLE_UPDATE_DOCS=1 pytest tests/docs` writes them anew."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from pydantic.fields import FieldInfo

from ritournelle.cli import app
from ritournelle.drill.page import critical_cases_page
from ritournelle.monitoring.reference import sensors_page
from ritournelle.monitoring.rules import load_rules
from ritournelle.monitoring.sensors.catalogue import SENSORS
from ritournelle.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS_PAGE = ROOT / "docs" / "reference" / "settings.md"
COMMANDS_PAGE = ROOT / "docs" / "reference" / "commands.md"
CASES_PAGE = ROOT / "docs" / "reference" / "critical-cases.md"
SENSORS_PAGE = ROOT / "docs" / "reference" / "sensors.md"
UPDATE = "RITOURNELLE_UPDATE_DOCS"


def settings_page() -> str:
    """Every setting with its variable, default and meaning."""
    lines = [
        "# Settings",
        "",
        'From the environment, else from `ritournelle.toml` in the working folder (`[source]`, `url = "…"`), else the',
        "default. `ritournelle config show` prints those in force. (Generated: `make docs`.)",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for name, field in Settings.model_fields.items():
        section = field.annotation
        if not hasattr(section, "model_fields"):
            lines.append(f"| `RITOURNELLE_{name.upper()}` | {_default(field)} | {field.description} |")
            continue
        for key, inner in section.model_fields.items():
            lines.append(f"| `RITOURNELLE_{name.upper()}__{key.upper()}` | {_default(inner)} | {inner.description} |")
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    """What a field is if nobody sets it; nothing for none and for what is empty."""
    default = field.get_default(call_default_factory=True)
    return "" if default is None or default in ((), [], {}) else f"`{default}`"


def commands() -> Iterator[tuple[str, typer.core.TyperCommand]]:
    """Every verb with its full name."""

    def walk(name: str, command: object) -> Iterator[tuple[str, typer.core.TyperCommand]]:
        inner = getattr(command, "commands", None)
        if inner is None:
            assert isinstance(command, typer.core.TyperCommand)
            yield name, command
        else:
            for key, value in inner.items():
                yield from walk(f"{name} {key}", value)

    return walk("ritournelle", typer.main.get_command(app))


def commands_page() -> str:
    """Every verb with its options."""
    lines = ["# Commands", "", "Exit codes: 0 done, 1 failed or critical, 2 usage. (Generated: `make docs`.)", ""]
    for name, command in commands():
        lines += [f"## `{name}`", "", (command.help or "").strip(), ""]
        for parameter in command.params:
            names = ", ".join(f"`{option}`" for option in parameter.opts)
            if parameter.param_type_name == "argument":
                names = f"`{(parameter.name or '').upper()}`"
            told = getattr(parameter, "help", None) or ""
            lines.append(f"- {names}{': ' + told if told else ''}")
        lines += [""] if command.params else []
    return "\n".join(lines).rstrip() + "\n"


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        (SETTINGS_PAGE, settings_page()),
        (COMMANDS_PAGE, commands_page()),
        (CASES_PAGE, critical_cases_page()),
        (SENSORS_PAGE, sensors_page(SENSORS, load_rules(SENSORS))),
    ],
    ids=["settings", "commands", "critical cases", "sensors"],
)
def test_generated_pages_are_up_to_date(page: Path, wanted: str) -> None:
    if os.environ.get(UPDATE):
        page.write_text(wanted, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == wanted, f"write it anew: {UPDATE}=1 pytest tests/docs"


def test_every_setting_and_verb_says_what_it_is() -> None:
    assert "| None |" not in settings_page()
    assert all(command.help for _, command in commands())


def test_every_limit_of_a_sensor_says_what_it_is() -> None:
    assert "`: None" not in SENSORS_PAGE.read_text(encoding="utf-8")


def test_the_readme_knows_every_verb() -> None:
    for name, _ in commands():
        for word in name.removeprefix("ritournelle ").split():
            assert re.search(rf"`[^`]*\b{word}\b", README), f"README.md does not tell of `{name}`"


def test_links_between_pages_lead_somewhere() -> None:
    pages = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/*.md")]
    broken = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken
