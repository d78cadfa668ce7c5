"""The Tracks page: what is found, in which order, and one track with what is like it."""

from __future__ import annotations

import re
import tempfile
import unittest
from pathlib import Path

import pyarrow as pa
from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.serving.searching import SearchIndex, folded
from ritournelle.warehouse import marts
from tests.api_server import client_of, home_after_a_night, platform_of
from tests.published import TRACKS

NAMED = {
    500: ("Gymnopédie N°1", "Érik Satie"),
    501: ("<script>alert(1)</script>", 'O\'Brien & "Sons"'),
    502: ("Été", "Zoé"),
    503: ("L'été indien", "Joe"),
    504: (None, "Zoé"),
}


def index() -> SearchIndex:
    """The named tracks; 503 was played most."""
    columns = [list(NAMED), *map(list, zip(*NAMED.values(), strict=True))]
    popular = [[503, 502], [1, 1], [9, 2], [9, 2]]
    return SearchIndex.of(
        pa.table(columns, schema=marts.SEARCHED_TRACKS.columns),
        pa.table(popular, schema=marts.TRACK_POPULARITY.columns),
    )


class SearchTest(unittest.TestCase):
    """The index alone."""

    def found(self, text: str, at_most: int = 9) -> list[int]:
        """Ids, the best first."""
        return [one["track_id"] for one in index().find(text, at_most)]

    def test_case_and_accents_do_not_count(self) -> None:
        for text in ("gymnopedie", "GYMNOPÉDIE", "satie gymno", "  érik   SATIE ", "Gymnope\u0301die"):
            self.assertEqual(self.found(text), [500], text)

    def test_the_title_itself_comes_first_then_what_is_played(self) -> None:
        self.assertEqual(self.found("été"), [502, 503])
        self.assertEqual(self.found("e")[0], 502)  # begins with it
        self.assertEqual(self.found("zoe"), [502, 504])
        self.assertEqual(self.found("e", at_most=2), self.found("e")[:2])

    def test_patterns_are_letters_and_nothing_finds_nothing(self) -> None:
        for text in (
            "%",
            "_",
            ".*",
            "\\",
            "[",
            "",
            "   ",
            "zoe satie",
            "\x00",
            "x" * 10_000,
        ):
            self.assertEqual(self.found(text), [], repr(text[:9]))
        self.assertEqual(SearchIndex.of_nothing().find("a", 5), [])

    def test_folding(self) -> None:
        self.assertEqual(folded(pa.chunked_array([["  À  l'Ouest ", None]])).to_pylist(), ["a l'ouest", ""])


class TracksPageTest(unittest.TestCase):
    """The page on one publication."""

    platform: Platform
    client: TestClient

    @classmethod
    def setUpClass(cls) -> None:
        home = home_after_a_night(Path(cls.enterClassContext(tempfile.TemporaryDirectory())))
        cls.platform = platform_of(home)
        with cls.platform.open_warehouse() as warehouse:
            rows = [
                {"track_id": track, "name": name, "artist": artist, "genres": "rock, <b>", "is_deleted": False}
                for track, (name, artist) in NAMED.items()
            ]
            gone = {"track_id": 900, "name": "Gone", "artist": "Nobody", "is_deleted": True}
            warehouse.upsert(TRACKS, TRACKS.rows([row | {"source_epoch": 1} for row in (*rows, gone)]))
            warehouse.publish(("core", "marts"), "second")
        cls.client = cls.enterClassContext(client_of(cls.platform))

    def page(self, address: str, status: int = 200) -> str:
        """Its text."""
        answer = self.client.get(address)
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertEqual(answer.text.count("<h1"), 1)
        return answer.text

    def test_a_search(self) -> None:
        page = self.page("/tracks?q=satie")
        self.assertIn("Gymnopédie N°1", page)
        self.assertEqual(re.findall(r'href="/tracks/(\d+)"', page), ["500"])
        self.assertIn("No track is like that", self.page("/tracks?q=nothing"))
        page = self.page("/tracks?q=%3Cscript%3Ealert")
        self.assertNotIn("<script>alert", page)
        self.assertIn('href="/tracks/501"', page)
        page = self.page("/tracks?q=o")  # in the names of 30 tracks, and no more are shown
        self.assertEqual(len(re.findall(r'href="/tracks/(\d+)"', page)), 30)
        self.assertIn('<span class="count">30+</span>', page)
        self.assertIn('href="/tracks/500?lang=fr"', self.page("/tracks?q=satie&lang=fr"))

    def test_without_a_search_what_is_popular(self) -> None:
        page = self.page("/tracks")
        self.assertIn("Popular in the last 28 days", page)
        self.assertEqual(re.findall(r'href="/tracks/(\d+)"', page)[0], "529")

    def test_one_track_and_what_is_like_it(self) -> None:
        page = self.page("/tracks/501")
        self.assertNotIn("<script>alert", page)
        for words in ("rock, &lt;b&gt;", "Found by the model, version als-000001", "Plays in the last 28 days"):
            self.assertIn(words, page)
        alike = self.client.get("/v1/tracks/501/similar?k=12").json()["tracks"]
        shown = re.findall(r'href="/tracks/(\d+)"', page.split('id="alike"')[1])
        self.assertEqual(shown, [str(one["track_id"]) for one in alike])
        self.assertIn("Similar tracks", page)

    def test_a_track_that_is_gone_or_never_was(self) -> None:
        page = self.page("/tracks/900")
        self.assertIn("gone from the app", page)
        self.assertIn("The model does not know this track", page)
        for track in ("901", "x", "-1", "9" * 30, "500x"):
            self.assertIn("There is no such track", self.page(f"/tracks/{track}", 404))

    def test_before_anything_is_published(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            client = client_of(platform_of(Path(folder)))
            for address in ("/tracks", "/listen", "/listen/7", "/tracks?q=x"):
                self.assertEqual(client.get(address).status_code, 200, address)
            self.assertEqual(client.get("/tracks/500").status_code, 404)
