"""A listener's journey in Chromium: what they say on the page is in the list at once, and in the marts after the run.

`RITOURNELLE_SCREENSHOTS=folder` keeps a picture of each page.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day
from ritournelle.domain.clock import utc_now
from ritournelle.serving.api.keyring import Scope
from ritournelle.serving.api.live import keyring_of
from ritournelle.settings import load_settings
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.running import RunningApp
from ritournelle.warehouse.marts import ANSWERED_LISTENERS
from tests.services.browser import DESKTOP, Browser, Visit
from tests.services.health_server import HealthServer, serving

pytestmark = pytest.mark.slow
WORLD = WorldConfig(users=200, tracks=150, seed=5, habits=Habits.tidy())
NARROW = (320, 700)
AT_ONCE_SECONDS = 1.0
FEEDBACK = """
SELECT feedback.track_id, feedback.is_useful, feedback.surface FROM {marts}.recommendation_feedback AS feedback
WHERE feedback.user_id = ? AND feedback.is_useful IS NOT NULL"""
STORED = """
SELECT tracks.artist, lists.track_id FROM {marts}.recommendations AS lists
INNER JOIN {core}.dim_tracks AS tracks ON tracks.track_id = lists.track_id WHERE lists.user_id = ?"""


@pytest.fixture(name="app", scope="module")
def _app() -> Iterator[RunningApp]:
    with RunningApp(WORLD) as app:
        yield app


@pytest.fixture(name="good_home", scope="module")
def _good_home(app: RunningApp, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("good")
    report = Day(platform_of(home, app)).run("run")
    assert report.succeeded, report.message
    return home


@pytest.fixture(name="home")
def _home(good_home: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good_home, tmp_path / "home", symlinks=True))


def platform_of(home: Path, app: RunningApp) -> Platform:
    """Of a home that reads the simulated app."""
    return Platform(load_settings(home=home, source={"url": app.url, "retries": 0, "concurrency": 2}))


def listeners(platform: Platform) -> list[int]:
    """Some whose list the model made."""
    with platform.read_published() as warehouse:
        found: list[int] = ANSWERED_LISTENERS.run(warehouse, by_model=True, at_most=5)["user_id"].to_pylist()
    return found


def rows(platform: Platform, query: str, user_id: int) -> list[dict[str, Any]]:
    """Of what is published."""
    with platform.read_published() as warehouse:
        schemas = {name: warehouse.schema(name) for name in ("core", "marts")}
        found: list[dict[str, Any]] = warehouse.read(query.format(**schemas), [user_id]).to_pylist()
    return found


def tracks(visit: Visit) -> list[int]:
    """Of the playlist, as it stands on the page."""
    found: list[int] = visit.page.eval_on_selector_all("[data-track]", "all => all.map(one => +one.dataset.track)")
    return found


def artists(visit: Visit) -> list[str]:
    """Of the playlist."""
    names = visit.page.locator(".playlist .names").all_inner_texts()
    return [name.partition(" · ")[0] for name in names]


def is_clean(visit: Visit, server: HealthServer) -> None:
    """The console is silent, nothing was asked elsewhere, and the page is no wider than the window."""
    assert visit.said == []
    assert all(address.startswith(server.url) for address in visit.asked)
    assert visit.overflow() <= 0


def keep_picture(visit: Visit, name: str) -> None:
    """Where the environment wants it."""
    folder = os.environ.get("RITOURNELLE_SCREENSHOTS")
    if folder:
        visit.page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def test_the_journey(home: Path, app: RunningApp, browser: Browser) -> None:
    platform = platform_of(home, app)
    user_id = listeners(platform)[0]
    with serving(home) as server, browser.visit(f"{server.url}/listen", language="fr-FR") as visit:
        page = visit.page
        page.get_by_role("link", name=f"Auditeur {user_id}").click()
        before = tracks(visit)
        shown = page.locator("[data-track]")
        for place, button in enumerate(("Cette recommandation m'a été utile",) * 2 + ("Pas utile",)):
            shown.nth(place).get_by_role("button", name=button, exact=True).click()
            pressed = shown.nth(place).locator('[aria-pressed="true"]')
            pressed.wait_for()
            assert pressed.inner_text().endswith(button)
            assert "Merci" in page.locator("[data-told]").inner_text()
        assert tracks(visit) == before
        artist = artists(visit)[3]
        shown.nth(3).get_by_text("Plus …").click()
        keep_picture(visit, "journey-judged")
        since = time.monotonic()
        shown.nth(3).get_by_role("button", name=f"Exclure {artist}").click()
        page.wait_for_function("first => !document.querySelector(`[data-track='${first}']`)", arg=before[3])
        took = time.monotonic() - since
        assert took < AT_ONCE_SECONDS
        assert artist not in artists(visit) and len(tracks(visit)) == len(before)
        assert page.url.endswith(f"/listen/{user_id}"), "it is the same page"
        assert page.locator('[data-track] [aria-pressed="true"]').count() >= 2, "what was said stays said"
        assert f"Artiste {artist}" in visit.words()
        is_clean(visit, server)
        keep_picture(visit, "journey-excluded")

    report = Day(platform).run("run")
    assert report.succeeded, report.message
    said = {row["track_id"]: (row["is_useful"], row["surface"]) for row in rows(platform, FEEDBACK, user_id)}
    assert said == {before[0]: (True, "page"), before[1]: (True, "page"), before[2]: (False, "page")}
    stored = rows(platform, STORED, user_id)
    assert stored and artist not in {row["artist"] for row in stored}
    with serving(home) as server, browser.visit(f"{server.url}/listen/{user_id}") as visit:
        assert artist not in artists(visit)
        visit.page.get_by_role("button", name="Take back").click()
        visit.page.get_by_text("This artist counts again").wait_for()
        assert artist in artists(visit)


def test_without_scripts_every_button_works(home: Path, app: RunningApp, browser: Browser) -> None:
    user_id = listeners(platform_of(home, app))[1]
    with serving(home) as server, browser.visit(f"{server.url}/listen/{user_id}", has_scripts=False) as visit:
        page, (hidden, *_) = visit.page, [tracks_without_scripts(visit)[0]]
        page.get_by_role("button", name="This recommendation was useful to me").first.click()
        assert page.url.endswith(f"/listen/{user_id}?said=useful#told")
        assert "noted as useful" in visit.words()
        page.get_by_text("More …").first.click()
        page.get_by_role("button", name="Never recommend this track").first.click()
        assert hidden not in tracks_without_scripts(visit)
        page.get_by_role("button", name="Begin a private session").click()
        assert "still on" in visit.words()
        page.get_by_role("button", name="End it now").click()
        assert "The private session has ended" in visit.words()
        for _ in range(2):
            page.get_by_role("button", name="Take back").first.click()
        assert tracks_without_scripts(visit)[0] == hidden
        assert "Nothing is left out" in visit.words()
        page.get_by_role("link", name="Tracks").click()
        page.get_by_label("Title or artist").fill("a")
        page.get_by_role("button", name="Search").click()
        page.locator(".found a").first.click()
        assert "Similar tracks" in visit.words()
        is_clean(visit, server)


def tracks_without_scripts(visit: Visit) -> list[int]:
    """Of the playlist, from the text of the page."""
    return [int(track) for track in re.findall(r'data-track="(\d+)"', visit.page.content())]


def test_by_keyboard_alone(home: Path, app: RunningApp, browser: Browser) -> None:
    user_id = listeners(platform_of(home, app))[2]
    with serving(home) as server, browser.visit(f"{server.url}/listen") as visit:
        press = visit.page.keyboard.press
        reach(visit, "Id of a listener")
        visit.page.keyboard.type(str(user_id))
        press("Enter")
        visit.page.wait_for_url(f"**/listen/{user_id}")
        before = tracks(visit)
        reach(visit, "Not useful")
        press("Enter")
        visit.page.locator('[aria-pressed="true"]').wait_for()
        assert focused(visit) == "Not useful", "the focus stays where it was"
        reach(visit, "More …")
        press("Enter")
        reach(visit, "Never recommend this track")
        press("Space")
        visit.page.wait_for_function("first => !document.querySelector(`[data-track='${first}']`)", arg=before[0])
        assert "never recommended again" in focused(visit), "the reader is where it is told"
        is_clean(visit, server)


def focused(visit: Visit) -> str:
    """What has the focus, and shows it."""
    told: list[str] = visit.page.evaluate(
        """() => {
        const one = document.activeElement;
        const name = one.labels && one.labels.length ? one.labels[0].innerText : one.innerText;
        return [name, getComputedStyle(one).outlineStyle];
    }"""
    )
    assert told[1] != "none" or not told[0], f"nobody sees that {told[0]!r} has the focus"
    return told[0].strip().removeprefix("✓ ")


def reach(visit: Visit, name: str) -> None:
    """By the tab key."""
    for _ in range(60):
        visit.page.keyboard.press("Tab")
        if focused(visit) == name:
            return
    raise AssertionError(f"{name!r} cannot be reached")


CONTRAST = """() => {
    const light = rgb => rgb.map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
    const parse = text => text.match(/[\\d.]+/g).map(Number);
    const behind = one => { for (; one; one = one.parentElement) {
        const colour = parse(getComputedStyle(one).backgroundColor);
        if (colour.length === 3 || colour[3] === 1) return colour.slice(0, 3);
    } return [255, 255, 255]; };
    const found = [];
    for (const one of document.querySelectorAll("body *")) {
        const has = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
        if (!has || !one.checkVisibility() || one.closest("svg")) continue;
        const [a, b] = [light(parse(getComputedStyle(one).color).slice(0, 3)), light(behind(one))].sort((x, y) => y - x);
        const ratio = (a + .05) / (b + .05);
        if (ratio < 4.5) found.push(`${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
    }
    return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en-GB", "fr-FR"])
def test_every_page_on_every_screen(home: Path, app: RunningApp, browser: Browser, scheme: str, language: str) -> None:
    user_id = listeners(platform_of(home, app))[3]
    words = "Écouter" if language == "fr-FR" else "Listen"
    with serving(home) as server:
        track = re.findall(r'href="/tracks/(\d+)"', server.get(f"/listen/{user_id}")[1])[0]
        pages = {"choose": "/listen", "listen": f"/listen/{user_id}", "tracks": "/tracks?q=a", "models": "/models"}
        for name, address in (pages | {"track": f"/tracks/{track}"}).items():
            for size in (DESKTOP, NARROW):
                url = f"{server.url}{address}"
                with browser.visit(url, language=language, size=size, scheme=scheme) as visit:
                    assert words in visit.words()
                    is_clean(visit, server)
                    assert visit.page.evaluate(CONTRAST) == []
                    keep_picture(visit, f"{name}-{language}-{scheme}-{size[0]}")


def test_signing_in_and_out(home: Path, app: RunningApp, browser: Browser) -> None:
    platform = platform_of(home, app)
    key, _ = keyring_of(platform).create("a person", [Scope.READ, Scope.WRITE], utc_now())
    user_id = listeners(platform)[4]
    with serving(home) as server, browser.visit(f"{server.url}/listen/{user_id}", language="fr-FR") as visit:
        page = visit.page
        page.get_by_label("Clé d'API").fill("a guess")
        page.get_by_role("button", name="Se connecter").click()
        assert "Cette clé n'existe pas" in visit.words()
        keep_picture(visit, "sign-in")
        page.get_by_label("Clé d'API").fill(key)
        page.get_by_role("button", name="Se connecter").click()
        page.wait_for_url(f"**/listen/{user_id}")
        page.get_by_role("button", name="Pas utile").first.click()
        page.locator('[aria-pressed="true"]').wait_for()
        (cookie,) = page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict") and key not in cookie["value"]
        page.get_by_role("link", name="Modèles").click()
        page.get_by_role("button", name="Se déconnecter").click()
        page.goto(f"{server.url}/models")
        assert page.url == f"{server.url}/sign-in?next=%2Fmodels"
        assert visit.said == [
            "error: Failed to load resource: the server responded with a status of 401 (Unauthorized)"
        ]
