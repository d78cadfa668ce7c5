"""Every sensor has a runbook that can be followed: three headings, commands that exist, statements that run."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import typer

import ritournelle
from ritournelle.cli import app
from ritournelle.monitoring.incidents import PERSON
from ritournelle.settings import Settings
from ritournelle.warehouse.duckdb import DuckDBWarehouse
from ritournelle.warehouse.tables import TABLES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "runbooks"
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in FOLDER.glob("*.md")}
INDEX = PAGES.pop("README")
GUIDE = (ROOT / "docs" / "how-to" / "alerts.md").read_text(encoding="utf-8")
RULES = tomllib.loads((Path(ritournelle.__file__).parent / "monitoring" / "sensors.toml").read_text(encoding="utf-8"))
ALL = {**PAGES, "README": INDEX, "alerts.md": GUIDE}


@pytest.mark.parametrize("sensor", sorted(RULES))
def test_every_sensor_names_a_page_that_says_symptom_check_act(sensor: str) -> None:
    page = PAGES[RULES[sensor]["runbook"]]
    headings = re.findall(r"^## (.*)$", page, re.MULTILINE)
    assert headings == ["Symptom", "Check", "Act"]
    assert all(len(section.split()) > 12 for section in page.split("\n## ")[1:])


def test_every_page_is_named_by_a_sensor_and_by_the_index() -> None:
    assert set(PAGES) == {rule["runbook"] for rule in RULES.values()} | {PERSON}
    assert set(re.findall(r"\]\(([a-z-]+)\.md\)", INDEX)) == set(PAGES)


def command_lines(text: str) -> list[str]:
    """All that stand in a block after `$`, and those within sentences."""
    blocks = re.findall(r"^\$ (.*ritournelle .*)$", text, re.MULTILINE)
    return blocks + re.findall(r"`((?:[A-Z_]+=\S+ )?ritournelle [^`]+)`", text)


@pytest.mark.parametrize("page", sorted(ALL))
def test_commands_exist_with_their_options(page: str) -> None:
    for line in command_lines(ALL[page]):
        words = shlex.split(line, comments=True)
        words = words[words.index("ritournelle") + 1 :]
        command = typer.main.get_command(app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
        assert isinstance(command, typer.core.TyperCommand), f"{page}: there is no `{line}`"
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, f"{page}: {line}"


@pytest.mark.parametrize("page", sorted(ALL))
def test_settings_exist(page: str) -> None:
    for name in re.findall(r"RITOURNELLE_([A-Z_]+)", ALL[page]):
        section, _, key = name.lower().partition("__")
        field = Settings.model_fields[section]
        assert not key or key in getattr(field.annotation, "model_fields"), f"{page}: RITOURNELLE_{name}"


def test_statements_run(tmp_path: Path) -> None:
    statements = [(name, text) for name in PAGES for text in re.findall(r"```sql\n(.*?)```", PAGES[name], re.DOTALL)]
    assert len(statements) > 15
    with DuckDBWarehouse(tmp_path / "warehouse.duckdb") as warehouse:
        warehouse.ensure(TABLES)
        for _, statement in statements:
            warehouse.read(statement.rstrip().rstrip(";"))
