"""The Listen page over its forms: the list, what its buttons say, and who is refused."""

from __future__ import annotations

import html
import re
import tempfile
import unittest
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from ritournelle.bootstrap import Platform
from ritournelle.domain.clock import utc_now
from ritournelle.domain.recommendation_ids import Issued
from ritournelle.inference import batch, fallback, live
from ritournelle.recommenders import als, blend, chance, content, ease, ials, item_knn, popularity, session_knn
from ritournelle.recommenders import transitions
from ritournelle.serving.api import lists
from ritournelle.serving.language import LANGUAGES, load_texts
from ritournelle.streaming.topics import Topic
from tests.api_server import client_of, home_after_a_night, platform_of, told
from tests.published import TRACKS

HERE = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}


class ListenPageTest(unittest.TestCase):
    """A server with one publication, whose track 500 has a name that is no markup."""

    platform: Platform
    client: TestClient

    @classmethod
    def setUpClass(cls) -> None:
        home = home_after_a_night(Path(cls.enterClassContext(tempfile.TemporaryDirectory())))
        cls.platform = platform_of(home, serving={"tellings_per_second": 0})
        with cls.platform.open_warehouse() as warehouse:
            named = [f"<script>alert({track})</script>" for track in range(30)]
            rows = [
                {"track_id": 500 + track, "name": name, "artist": f"Artist & {track % 7}", "is_deleted": False}
                for track, name in enumerate(named)
            ]
            warehouse.upsert(TRACKS, TRACKS.rows([row | {"source_epoch": 1} for row in rows]))
            warehouse.publish(("core", "marts"), "second")
        cls.client = cls.enterClassContext(client_of(cls.platform))

    def page(self, user_id: int, **headers: str) -> str:
        """Its text; it has to be there."""
        answer = self.client.get(f"/listen/{user_id}", headers=headers)
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.text

    def tell(self, user_id: int, headers: dict[str, str] | None = None, **fields: str) -> Any:
        """The answer to a button, as a browser sends it; it is not followed."""
        token = re.findall(r'name="token" value="([^"]+)"', self.page(user_id))[0]
        data = {"token": token} | fields
        sent = HERE if headers is None else headers
        return self.client.post(f"/listen/{user_id}", data=data, headers=sent, follow_redirects=False)

    def shown(self, user_id: int) -> list[tuple[int, str]]:
        """Tracks of the playlist with their recommendation ids."""
        page = self.page(user_id).split('id="heard"')[0]
        tracks = [int(track) for track in re.findall(r'data-track="(\d+)"', page)]
        return list(zip(tracks, re.findall(r'name="recommendation_id" value="([^"]+)"', page), strict=True))

    def artists(self, user_id: int) -> list[str]:
        """Of the playlist."""
        page = self.page(user_id).split('id="heard"')[0]
        return [html.unescape(name) for name in re.findall(r'value="artist:([^"]+)"', page)]


class ShowingTest(ListenPageTest):
    """What stands on it."""

    def test_the_list_is_that_of_the_api_and_on_record_as_of_the_page(self) -> None:
        asked = self.client.get("/v1/users/7/recommendations").json()
        self.assertEqual([track for track, _ in self.shown(7)], [one["track_id"] for one in asked["recommendations"]])
        exposures = told(self.platform, Topic.EXPOSURES)
        self.assertEqual({getattr(one, "surface") for one in exposures[-5:]}, {"page"})
        self.assertIn("By the model, in the last run", self.page(7))
        self.assertIn("als-000001", self.page(7))

    def test_other_peoples_words_are_text_and_nothing_is_inline(self) -> None:
        page = self.page(7)
        self.assertNotIn("<script>alert", page)
        self.assertIn("&lt;script&gt;alert", page)
        self.assertIn("Because you listened to “&lt;script&gt;", page)
        self.assertIsNone(re.search(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=", page))

    def test_in_french_by_the_browser_and_the_choice_stays(self) -> None:
        page = self.page(7, **{"Accept-Language": "fr"})
        for words in (
            "Cette recommandation m&#39;a été utile",
            "Pas utile",
            "Parce que vous avez écouté «",
            "Auditeur 7",
        ):
            self.assertIn(words, page)
        chosen = self.client.get("/listen/7?lang=fr").text
        self.assertIn('action="/listen/7?lang=fr"', chosen)

    def test_headings_and_labels(self) -> None:
        page = self.page(7)
        self.assertEqual((page.count("<main"), page.count("<h1")), (1, 1))
        for name in re.findall(r'aria-labelledby="(\w+)"', page):
            self.assertIn(f'id="{name}"', page)
        levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
        self.assertTrue(all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False)), levels)

    def test_strangers_and_the_forgotten_read_the_same(self) -> None:
        self.platform.forgotten().ask(15, utc_now())
        pages = []
        for user_id in (15, 987_654):
            page = self.page(user_id)
            self.assertIn("nobody of this id is known", page)
            self.assertIn("No listen is known yet", page)
            page = re.sub(r'value="[\w-]{30,}"', "", page).replace(str(user_id), "ID")
            pages.append(re.sub(r"computed [^<]*|Read at [^<]*", "", page))
        self.assertEqual(pages[0], pages[1])
        self.assertEqual(self.tell(15, private="now").status_code, 410)
        self.assertNotIn("/listen/15", self.client.get("/listen").text)

    def test_choosing(self) -> None:
        page = self.client.get("/listen").text
        self.assertIn('href="/listen/1"', page)
        answer = self.client.get("/listen", params={"listener": " 7 "}, follow_redirects=False)
        self.assertEqual((answer.status_code, answer.headers["Location"]), (303, "/listen/7"))
        for text in ("ada@example.org", "7.0", "07", "٧", "9" * 30, "<b>"):
            answer = self.client.get("/listen", params={"listener": text})
            self.assertEqual(answer.status_code, 422)
            self.assertIn("An id is a whole number", answer.text)
            self.assertNotIn("<b>", answer.text)
            self.assertEqual(self.client.get(f"/listen/{text}").status_code, 404)

    def test_every_reason_has_its_words(self) -> None:
        families = (als, blend, chance, content, ease, ials, item_knn, popularity, session_knn, transitions)
        reasons = {
            getattr(kind, "reason")
            for family in families
            for kind in vars(family).values()
            if isinstance(kind, type) and isinstance(getattr(kind, "reason", None), str)
        }
        self.assertGreater(len(reasons), 7)
        reasons |= set(getattr(fallback, "_WINDOWS").values())
        whys = {batch.NO_CHAMPION, batch.NOTHING_HEARD, batch.BY_CONTENT, batch.NOTHING_LEFT, live.DAMAGED}
        whys |= {live.NOTHING_PLAYED, lists.NOTHING_PUBLISHED, lists.STORE_DOWN}
        for language in LANGUAGES:
            wanted = {f"reasons.{one}" for one in reasons} | {f"why.{one}" for one in whys}
            self.assertEqual(wanted - load_texts(language).keys(), set())


class SayingTest(ListenPageTest):
    """What the buttons do."""

    def test_judgements_are_in_the_log_once_per_kind(self) -> None:
        shown = self.shown(8)
        for said, (_, recommendation_id) in zip(("useful", "not_useful", "play", "skip"), shown, strict=False):
            for _ in range(2):
                answer = self.tell(8, said=said, recommendation_id=recommendation_id)
                self.assertEqual((answer.status_code, answer.headers["Location"]), (303, f"/listen/8?said={said}#told"))
        given = [one for one in told(self.platform, Topic.FEEDBACK) if one.user_id == 8]
        self.assertEqual(len({getattr(one, "feedback_id") for one in given}), 4)
        self.assertEqual({getattr(one, "surface") for one in given}, {"page"})
        listens = [one for one in told(self.platform, Topic.LISTENS) if one.user_id == 8]
        self.assertEqual({getattr(one, "track_id") for one in listens}, {shown[2][0]}, "what is played is heard")
        self.assertIn("noted as useful", self.client.get("/listen/8?said=useful").text)
        self.assertEqual(self.client.get("/listen/8?said=<b>").status_code, 200)

    def test_in_place_it_answers_in_words(self) -> None:
        ((_, recommendation_id), *_) = self.shown(16)
        wanted = HERE | {"Accept": "application/json"}
        answer = self.tell(16, wanted, said="useful", recommendation_id=recommendation_id)
        self.assertEqual((answer.status_code, answer.json()), (200, {"told": "Thank you: noted as useful."}))
        answer = self.tell(9, wanted, said="useful", recommendation_id=recommendation_id)
        self.assertEqual((answer.status_code, "another listener" in answer.json()["told"]), (403, True))

    def test_an_artist_is_gone_at_once_and_comes_back(self) -> None:
        before = self.artists(10)
        answer = self.tell(10, exclude=f"artist:{before[0]}")
        self.assertEqual(answer.headers["Location"], "/listen/10?said=exclude_artist#told")
        page = self.page(10)
        self.assertNotIn(before[0], self.artists(10))
        self.assertIn(html.escape(f"Artist {before[0]}"), page)
        self.assertEqual(self.tell(10, include=f"artist:{before[0]}").status_code, 303)
        self.assertEqual(self.artists(10), before)

    def test_what_is_hidden_is_gone_at_once(self) -> None:
        ((track, recommendation_id), *_) = self.shown(11)
        self.assertEqual(self.tell(11, said="hide", recommendation_id=recommendation_id).status_code, 303)
        self.assertNotIn(track, [each for each, _ in self.shown(11)])
        self.assertEqual(self.tell(11, include=f"track:{track}").status_code, 303)
        self.assertEqual(self.shown(11)[0][0], track)

    def test_a_listen_and_a_private_session(self) -> None:
        listen = re.findall(r'value="(listen:[^"]+)"', self.page(12))[0]
        self.tell(12, exclude=listen)
        self.assertIn("left out of the taste</span>", self.page(12))
        self.assertNotIn(listen, self.page(12).split('id="excluded"')[0])
        self.tell(12, private="now")
        page = self.page(12)
        self.assertIn("still on", page)
        self.assertNotIn('name="private"', page)
        start = html.unescape(re.findall(r'name="public" value="([^"]+)"', page)[0])
        self.tell(12, public=start)
        page = self.page(12)
        self.assertIn("Private session from", page)
        self.assertIn('name="private"', page)
        self.tell(12, include=f"session:{start}")
        self.assertNotIn("Private session", self.page(12))

    def test_what_no_button_says_is_refused_and_nothing_is_kept(self) -> None:
        before = len(told(self.platform, Topic.TASTE_EXCLUSIONS)), len(told(self.platform, Topic.FEEDBACK))
        for fields in (
            {},
            {"exclude": "artist"},
            {"exclude": "everything:x"},
            {"exclude": "track:x"},
            {"exclude": "track:1e3"},
            {"exclude": "session:yesterday"},
            {"exclude": "artist:" + "x" * 600},
            {"exclude": "artist:a\x00b"},
            {"public": ""},
            {"said": "loved", "recommendation_id": "x"},
            {"include": ""},
        ):
            with self.subTest(fields=fields):
                answer = self.tell(7, **fields)
                self.assertEqual(answer.status_code, 422, answer.text)
                self.assertIn("no button that says that", answer.text)
        self.assertEqual(
            before, (len(told(self.platform, Topic.TASTE_EXCLUSIONS)), len(told(self.platform, Topic.FEEDBACK)))
        )

    def test_ids_that_are_forged_foreign_or_expired_are_refused_in_words(self) -> None:
        old = Issued(7, 503, "als-000001", "page", utc_now() - timedelta(days=31))
        ((_, foreign), *_) = self.shown(8)
        for recommendation_id, status, words in (
            ("forged", 404, "was not issued here"),
            (foreign, 403, "another listener"),
            (self.platform.recommendation_ids().issue(old), 410, "too old"),
        ):
            answer = self.tell(7, said="useful", recommendation_id=recommendation_id)
            self.assertEqual(answer.status_code, status)
            self.assertIn(words, answer.text)

    def test_only_our_own_pages_can_send_it(self) -> None:
        self.assertEqual(self.client.post("/listen/7", data={"private": "now"}, headers=HERE).status_code, 403)
        for headers in (
            {},
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            HERE | {"Sec-Fetch-Site": "cross-site"},
            HERE | {"Sec-Fetch-Site": "same-site"},
        ):
            with self.subTest(headers=headers):
                self.assertEqual(self.tell(7, headers, private="now").status_code, 403)
        answer = self.client.post("/listen/7", json={"private": "now"}, headers=HERE)
        self.assertEqual(answer.status_code, 415)

    def test_floods_are_refused_in_words(self) -> None:
        client = client_of(platform_of(self.platform.settings.home, serving={"tellings_per_second": 0.1}))
        token = re.findall(r'name="token" value="([^"]+)"', client.get("/listen/14").text)[0]
        data = {"token": token, "exclude": "artist:x"}
        answers = [client.post("/listen/14", data=data, headers=HERE, follow_redirects=False) for _ in range(3)]
        self.assertEqual([one.status_code for one in answers], [303, 429, 429])
        self.assertIn("wait a few seconds", answers[-1].text)
