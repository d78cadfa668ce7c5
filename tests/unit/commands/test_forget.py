"""`ritournelle forget`: the certificate, the exit code, and the way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ritournelle.bootstrap import Platform
from ritournelle.cli import app
from ritournelle.errors import PermanentError, RunInProgressError
from ritournelle.runs.lock import single_run
from tests.api_server import home_after_a_night, platform_of
from tests.traces import traces

TELLING = 1_461_390_472


@pytest.fixture(name="platform")
def home_of_a_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    home = home_after_a_night(tmp_path)
    monkeypatch.setenv("RITOURNELLE_HOME", str(home))
    return platform_of(home)


def forget(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["forget", *arguments])


def test_the_certificate_is_printed_and_kept(platform: Platform) -> None:
    done = forget("7")
    assert done.exit_code == 0, done.output
    assert "certificate erasure-" in done.stdout and "a second look finds nothing" in done.stdout
    assert "6 core.fact_listen_history" in done.stdout
    (path,) = platform.settings.certificates_folder.glob("*.json")
    assert json.loads(path.read_text())["stores"]


def test_as_json_it_is_one_object(platform: Platform) -> None:
    done = forget("7", "--json")
    found = json.loads(done.stdout)
    assert (found["verb"], found["status"]) == ("forget", "succeeded")
    (certificate,) = found["certificates"]
    assert all(store["verified"] for store in certificate["stores"])
    assert certificate["listener"] == platform.forgotten().hashed(7)


def test_somebody_whom_nobody_knows_is_forgotten_all_the_same(platform: Platform) -> None:
    done = forget(str(TELLING))
    assert done.exit_code == 0 and "nothing was there" in done.stdout
    assert platform.forgotten().holds(TELLING)
    assert traces(platform.settings.home, [str(TELLING)]) == []


def test_while_a_run_is_under_way_the_request_is_kept(platform: Platform) -> None:
    with single_run(platform.settings.home):
        refused = forget("7")
    assert refused.exit_code == 1 and isinstance(refused.exception, RunInProgressError)
    assert "goes with the next run" in str(refused.exception)
    assert [entry.user_id for entry in platform.forgotten().waiting()] == [7]


def test_a_store_that_cannot_be_erased_is_named_and_the_exit_code_is_1(platform: Platform) -> None:
    (platform.settings.home / "online.db").write_text("no database" * 100)
    refused = forget("7", "--json")
    assert refused.exit_code == 1
    assert "the store `online store` cannot be erased" in json.loads(refused.stdout)["message"]
    assert platform.forgotten().waiting()
    (platform.settings.home / "online.db").unlink()
    assert forget("7").exit_code == 0


def test_the_way_back(platform: Platform) -> None:
    assert json.loads(forget("7", "--undo", "--json").stdout) == {"user_id": 7, "was_forgotten": False}
    forget("7")
    assert json.loads(forget("7", "--undo", "--json").stdout) == {"user_id": 7, "was_forgotten": True}
    assert not platform.forgotten().holds(7)


def test_nobody_is_not_forgotten(platform: Platform) -> None:
    refused = forget("--", "-1")
    assert isinstance(refused.exception, PermanentError) and not platform.forgotten().entries()
