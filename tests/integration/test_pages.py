"""The health page in Chromium after five bad days, each a real run: what it says, in both languages, on a phone too.

`RITOURNELLE_SCREENSHOTS=folder` keeps a picture of each.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day, RunReport
from ritournelle.errors import RitournelleError
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from tests.services.browser import DESKTOP, PHONE, Browser, Visit
from tests.services.health_server import HealthServer, serving
from tests.services.plugin import own_postgres

pytestmark = pytest.mark.slow
WORLD = WorldConfig(users=60, tracks=60, seed=5, habits=Habits.tidy())
SCREENSHOTS = "RITOURNELLE_SCREENSHOTS"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


@pytest.fixture(name="app", scope="module")
def _app() -> Iterator[RunningApp]:
    with RunningApp(WORLD) as app:
        yield app


@pytest.fixture(name="good_home", scope="module")
def _good_home(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home after one good day."""
    home = tmp_path_factory.mktemp("good")
    report = _run(home, app)
    assert report.succeeded, report.message
    return home


@pytest.fixture(name="home")
def _home(good_home: Path, tmp_path: Path) -> Path:
    """A copy of it, to spoil."""
    return Path(shutil.copytree(good_home, tmp_path / "home", symlinks=True))


def _run(home: Path, app: RunningApp, **settings: Any) -> RunReport:
    source = {"url": app.url, "retries": 0, "concurrency": 2}
    return Day(Platform(load_settings(home=home, source=source, **settings))).run("run")


def test_a_good_day(home: Path, browser: Browser) -> None:
    with serving(home) as server:
        server.wait_for_look()
        words = _look_at(server, browser, "good")
    assert "Something is broken" not in words["en"]
    assert re.search(r"FRESH AS OF\s+\d+ \w+ \d{4} at \d\d:\d\d UTC", words["en"], re.IGNORECASE)
    assert "À jour au" in words["fr"]
    for table in ("marts.interactions", "marts.recommendations"):
        assert table in words["en"]


def test_the_source_restarts_with_new_ids(home: Path, app: RunningApp, browser: Browser) -> None:
    app.restart(seed=99)
    try:
        assert not _run(home, app).succeeded
    finally:
        app.reset(WORLD)
    with serving(home) as server:
        words = _look_at(server, browser, "epoch")
    _says(words["en"], "nothing new is published until it is mended", "new ids", "held", "--accept-new-epoch")
    _says(words["fr"], "rien de nouveau n'est publié", "nouveaux identifiants", "retenus", "--accept-new-epoch")


def test_an_endpoint_goes_empty(home: Path, app: RunningApp, browser: Browser) -> None:
    app.fault("empty_endpoint", source="users")
    try:
        assert not _run(home, app).succeeded
    finally:
        app.clear_faults()
    with serving(home) as server:
        words = _look_at(server, browser, "empty")
    _says(words["en"], "Something is broken", "Users", "only 0 rows came", "Listeners keep the recommendations of")
    _says(words["fr"], "Quelque chose est en panne", "seules 0 lignes", "Les auditeurs gardent les recommandations du")


def test_a_day_is_skipped(home: Path, browser: Browser) -> None:
    _was_days_ago(home / "operations.db", 2)
    with serving(home) as server:
        server.wait_for("run_missed")
        words = _look_at(server, browser, "skipped")
    _says(words["en"], "Something is broken", "no run read the sources", "grow older", "Check the schedule")
    _says(words["fr"], "Quelque chose est en panne", "aucune exécution n'a lu les sources", "vieillissent", "planning")


def test_the_disk_is_full(good_home: Path, app: RunningApp, browser: Browser, tmp_path: Path) -> None:
    with _small_disk(tmp_path / "disk") as disk:
        home = Path(shutil.copytree(good_home, disk / "home", symlinks=True))
        (home / "sensors.toml").write_text("[disk_space.limits]\ngigabytes = 0.02\ncopies = 0\n", encoding="utf-8")
        _fill(disk)
        with suppress(RitournelleError, OSError):
            assert not _run(home, app).succeeded
        with serving(home) as server:
            server.wait_for("disk_space")
            words = _look_at(server, browser, "disk")
    _says(words["en"], "Something is broken", "GB are free on the home's disk", "Make room")
    _says(words["fr"], "Quelque chose est en panne", "Go sont libres sur le disque", "Faites de la place")


def test_the_warehouse_is_killed(home: Path, app: RunningApp, browser: Browser) -> None:
    (home / "warehouse.duckdb").write_bytes(b"\0" * 65_536)
    with suppress(RitournelleError):
        assert not _run(home, app).succeeded
    with serving(home) as server:
        server.wait_for("warehouse")
        words = _look_at(server, browser, "warehouse")
    _says(words["en"], "Something is broken", "The warehouse cannot be used", "Listeners keep the recommendations of")
    _says(words["fr"], "Quelque chose est en panne", "L'entrepôt est inutilisable", "Les auditeurs gardent")


def test_the_server_of_the_warehouse_is_killed(app: RunningApp, browser: Browser, tmp_path: Path) -> None:
    """PostgreSQL, by SIGKILL, while pages are read: what was published lies there, too."""
    home = tmp_path / "home"
    with own_postgres() as postgres:
        url = postgres.new_database()
        assert _run(home, app, warehouse={"url": url}).succeeded
        with serving(home, {"RITOURNELLE_WAREHOUSE__URL": url}) as server:
            server.wait_for_look()
            before = _look_at(server, browser, "server-alive")
            postgres.kill()
            with suppress(RitournelleError):
                assert not _run(home, app, warehouse={"url": url}).succeeded
            server.wait_for("warehouse")
            words = _look_at(server, browser, "server-killed")
    assert "Something is broken" not in before["en"]
    _says(words["en"], "Something is broken", "The warehouse cannot be used")
    _says(words["fr"], "Quelque chose est en panne", "L'entrepôt est inutilisable")
    assert "a password that no log may show" not in words["en"]


def test_somebody_reports_a_problem(home: Path, browser: Browser) -> None:
    with serving(home) as server, browser.visit(f"{server.url}/health", language="fr-FR", size=PHONE) as visit:
        visit.page.get_by_text("Signaler un problème").click()
        visit.page.get_by_label("À propos de quoi").select_option("recommendations")
        visit.page.get_by_label("Ce qui ne va pas").fill("Les listes sont en double <b>depuis hier</b>")
        visit.page.get_by_label("Votre nom").fill("Ada")
        visit.page.get_by_role("button", name="Ouvrir un incident").click()
        visit.page.wait_for_url("**reported=1#incidents")
        _says(visit.words(), "Merci", "Signalé par une personne", "<b>depuis hier</b>")
        (incident,) = server.health()["incidents"]
    assert (incident["sensor"], incident["subject"], incident["opened_by"]) == ("person", "recommendations", "Ada")


def test_with_no_warehouse_and_no_journal_the_page_still_answers(home: Path, browser: Browser) -> None:
    (home / "warehouse.duckdb").unlink()
    (home / "operations.db").write_bytes(b"no database" * 1000)
    with serving(home) as server, browser.visit(f"{server.url}/health") as visit:
        assert "The operator's journal cannot be read" in visit.words()
        assert server.get("/health/ready")[0] == 503


def _look_at(server: HealthServer, browser: Browser, story: str) -> dict[str, str]:
    """Open the page as several readers do; what it says, by language."""
    words = {}
    for language, locale, size, scheme in (
        ("en", "en-GB", DESKTOP, "light"),
        ("fr", "fr-FR", DESKTOP, "dark"),
        ("en", "en-GB", PHONE, "dark"),
        ("fr", "fr-FR", PHONE, "light"),
    ):
        with browser.visit(f"{server.url}/health", language=locale, size=size, scheme=scheme) as visit:
            assert visit.said == [], "the console is silent"
            assert visit.asked and all(address.startswith(server.url) for address in visit.asked)
            assert visit.overflow() <= 0, f"the page is wider than {size[0]} pixels"
            assert visit.page.locator("[data-chart] svg").count() >= 3
            words[language] = visit.words()
            _keep_picture(visit, f"{story}-{language}-{'phone' if size == PHONE else 'desktop'}")
    return words


def _keep_picture(visit: Visit, name: str) -> None:
    folder = os.environ.get(SCREENSHOTS)
    if folder:
        visit.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def _says(words: str, *sentences: str) -> None:
    for sentence in sentences:
        assert sentence in words, f"{sentence!r} is not in:\n{words[:3000]}"


def _was_days_ago(journal: Path, days: int) -> None:
    """The journal as it will be when nobody has run anything for so long: every moment of it so much earlier."""

    def earlier(found: re.Match[str]) -> str:
        return (datetime.fromisoformat(found[0]) - timedelta(days=days)).isoformat()

    with sqlite3.connect(journal) as connection:
        connection.create_function("earlier", 1, lambda text: text and _MOMENT.sub(earlier, text))
        query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        tables = [name for (name,) in connection.execute(query)]
        for table in tables:
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[2] == "TEXT"]
            if columns:
                connection.execute(f"UPDATE {table} SET " + ", ".join(f"{name} = earlier({name})" for name in columns))
    connection.close()


@contextmanager
def _small_disk(place: Path) -> Iterator[Path]:
    """A disk of 64 MB where this machine lets us make one; elsewhere a folder, whose real disk is found too small."""
    place.mkdir()
    made = _quietly("mount", "-t", "tmpfs", "-o", "size=64m", "ritournelle-test", str(place))
    try:
        yield place
    finally:
        if made:
            _quietly("umount", "--lazy", str(place))


def _fill(disk: Path) -> None:
    """Leave nothing at all."""
    if not os.path.ismount(disk):
        limits = "[disk_space.limits]\ngigabytes = 1e9\n"
        (disk / "home" / "sensors.toml").write_text(limits, encoding="utf-8")
        return
    free = shutil.disk_usage(disk).free
    (disk / "filler").write_bytes(b"\0" * max(free, 0))


def _quietly(*command: str) -> bool:
    runs: Callable[..., subprocess.CompletedProcess[bytes]] = subprocess.run
    try:
        return runs(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
