"""The page of `ritournelle docs`: what it tells, what it must not tell, and that a browser shows it without a network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp

KEY = "the key of this home's people"
CONFIG = WorldConfig(users=40, tracks=40, seed=8, habits=Habits.tidy())
MODELS = ("stg_users", "tracks_hist", "fact_listen_history", "dim_artists", "interactions", "pipeline_health_days")


def docs(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The command as its user runs it."""
    environment = os.environ | {"RITOURNELLE_HOME": str(home), "RITOURNELLE_PRIVACY__KEY": KEY}
    program = Path(sys.executable).with_name("ritournelle")
    command = [program, "docs", *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", name="home")
def built_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home that has seen one day."""
    home = tmp_path_factory.mktemp("home")
    with RunningApp(CONFIG) as app:
        settings = load_settings(home=home, source={"url": app.url}, privacy={"key": KEY})
        assert Day(Platform(settings)).run("run", ("ingest", "transform", "publish")).succeeded
    yield home


@pytest.fixture(scope="module", name="page")
def written_page(home: Path) -> Path:
    """The page, as the command says where it lies."""
    done = docs(home, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["path"] == str(home / "published" / "docs.html")
    assert told["bytes"] == Path(told["path"]).stat().st_size
    return Path(told["path"])


class Addresses(HTMLParser):
    """Collects what the tags of a page would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fetched = {"script": "src", "link": "href", "img": "src", "iframe": "src"}.get(tag)
        self.found += [value for name, value in attrs if name == fetched and value]


def test_the_page_tells_of_every_layer(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for model in MODELS:
        assert f'"model.ritournelle.{model}"' in text
    assert r"One row per user \u00d7 track of the current population" in text, "what a model says of itself"
    assert '"exposure.ritournelle.training"' in text
    assert '"model.ritournelle.interactions": {"metadata": {"type"' in text, "the columns as the warehouse has them"


def test_the_page_holds_no_secret_no_person_and_no_folder(page: Path, home: Path) -> None:
    text = page.read_text(encoding="utf-8")
    with Platform(load_settings(home=home)).read_warehouse() as warehouse:
        query = "SELECT DISTINCT email FROM raw.src_users WHERE email IS NOT NULL"
        addresses = warehouse.read(query)["email"].to_pylist()
    assert KEY not in text
    assert str(home) not in text
    assert len(addresses) > 20
    assert not [address for address in addresses if address in text]


def test_the_page_fetches_nothing(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not [address for address in Addresses(text).found if re.match(r"(https?:)?//", address)]
    assert not re.search(r'\.src="(https?:)?//', text), "no script is fetched by another one"
    assert '"send_anonymous_usage_stats": false' in text


def test_writing_it_again_leaves_one_page_beside_the_publication(page: Path, home: Path) -> None:
    before = page.stat().st_ino
    done = docs(home)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(page))
    assert page.stat().st_ino != before, "put in its place by a rename"
    assert [path.name for path in page.parent.glob("docs*")] == ["docs.html"]
    with Platform(load_settings(home=home)).read_published() as warehouse:
        assert warehouse.exists("core", "fact_listen_history")


def test_without_a_transform_there_is_nothing_to_document(tmp_path: Path) -> None:
    done = docs(tmp_path / "home")
    assert (done.returncode, done.stdout) == (1, "")
    assert "fill it with `ritournelle run`" in done.stderr
    Platform(load_settings(home=tmp_path / "home")).open_warehouse().close()  # as an ingest leaves it
    done = docs(tmp_path / "home")
    assert done.returncode == 1
    assert "nothing was built" in done.stderr and "ritournelle transform" in done.stderr
    assert not (tmp_path / "home" / "published").exists()
