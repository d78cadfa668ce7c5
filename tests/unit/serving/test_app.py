"""The application over its routes: pages in both languages, JSON, probes, files, headers, and trouble with the journal."""

from __future__ import annotations

import re
import tempfile
import unittest
from datetime import timedelta
from pathlib import Path

from fastapi.testclient import TestClient

from ritournelle.monitoring.reading import Status
from ritournelle.serving.app import create_app
from ritournelle.serving.assets import VEGA, Asset
from ritournelle.serving.manifest import ProjectGraph
from ritournelle.serving.parts import Parts
from ritournelle.serving.security import HEADERS
from tests.served import NOW, Reports, keep_readings, keep_run, parts, reading


class AppTest(unittest.TestCase):
    """A server on a home of its own, emptied for each test: to make an application takes 0.2 s."""

    home: Path
    parts: Parts
    client: TestClient

    @classmethod
    def setUpClass(cls) -> None:
        cls.home = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.parts = parts(cls.home)
        cls.client = TestClient(create_app(cls.parts, Asset(VEGA, b"// the charts")), follow_redirects=False)

    def setUp(self) -> None:
        for file in self.home.glob("operations.db*"):
            file.unlink()

    def page(self, address: str = "/health", **headers: str) -> str:
        """Its text; it has to be there."""
        answer = self.client.get(address, headers=headers)
        self.assertEqual(answer.status_code, 200)
        return answer.text

    def fill(self) -> None:
        """A good run, a bad one, and what sensors say of it."""
        keep_run(self.parts.journal)
        keep_run(self.parts.journal, "failed", "users: <script>alert(1)</script>", NOW - timedelta(minutes=9))
        keep_readings(
            self.parts.journal,
            reading("source_reachable", "users", Status.FIRED, problem="<script>alert(2)</script>"),
            reading("quarantine", "tracks", new=2, waiting=4, reasons="duration: is no number (2)"),
            reading("mart_freshness", "published", measured=2.0, limit=36.0),
        )


class HealthPageTest(AppTest):
    """What stands on the page."""

    def test_nothing_has_run_yet(self) -> None:
        empty = parts(self.home, published_at=None, graph=ProjectGraph())
        page = TestClient(create_app(empty)).get("/health").text
        self.assertIn("Nothing has run yet", page)
        self.assertIn("The arrows between tables appear after the first transform", page)
        self.assertNotIn("vega.js", page)

    def test_every_part_has_its_status(self) -> None:
        self.fill()
        page = self.page()
        for name in ("Tracks", "Users", "Listen history", "als-000003", "Core: the star", "marts.interactions", "Runs"):
            self.assertRegex(
                page, rf"<h3>{re.escape(name)}</h3>\s*<span class=\"badge (good|warning|critical|unknown)\""
            )
        self.assertIn("Something is broken", page)
        self.assertIn("do <code>source_reachable</code>", page)
        self.assertIn("docs/runbooks/source_reachable.md", page)
        self.assertIn("data team", page)
        self.assertIn("duration: is no number (2)", page)
        self.assertIn("allowed: 1 d 12 h", page)
        self.assertIn("holds_dim_users", page)

    def test_other_peoples_words_are_text(self) -> None:
        self.fill()
        for address in ("/health", "/health?lang=fr"):
            page = self.page(address)
            self.assertNotIn("<script>alert", page)
            self.assertIn("&lt;script&gt;alert(2)", page)

    def test_the_language_of_the_browser_or_of_the_address(self) -> None:
        self.fill()
        french = self.client.get("/health", headers={"Accept-Language": "fr-CA,fr;q=0.8"})
        self.assertIn('<html lang="fr">', french.text)
        self.assertIn("Quelque chose est en panne", french.text)
        self.assertEqual(french.headers["Content-Language"], "fr")
        self.assertIn("Accept-Language", french.headers["Vary"])
        english = self.page("/health?lang=en", **{"Accept-Language": "fr"})
        self.assertIn('<html lang="en">', english)
        self.assertIn('href="/health?lang=en"', english)
        self.assertIn('href="/health?lang=fr"', english)

    def test_landmarks_headings_and_captions(self) -> None:
        self.fill()
        page = self.page()
        self.assertEqual(page.count("<main"), 1)
        self.assertEqual(page.count("<h1"), 1)
        self.assertEqual(page.count("<table>"), page.count("<caption>"))
        for name in re.findall(r'aria-labelledby="(\w+)"', page):
            self.assertIn(f'id="{name}"', page)
        levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
        self.assertTrue(all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False)), levels)

    def test_nothing_is_inline_that_the_policy_forbids(self) -> None:
        self.fill()
        page = self.page()
        self.assertIsNone(re.search(r"<script(?![^>]*\bsrc=)[^>]*>", page))
        self.assertIsNone(re.search(r"<style|\sstyle=|\son\w+=", page))
        for address in re.findall(r'(?:src|href)="([^"#][^"]*)"', page):
            self.assertTrue(address.startswith("/"), address)

    def test_the_root_leads_to_it(self) -> None:
        self.assertEqual(self.client.get("/").headers["Location"], "/health")


class JsonTest(AppTest):
    """`/v1/health` and the numbers behind the charts."""

    def test_it_is_the_report(self) -> None:
        self.fill()
        for language in ("en", "fr"):
            answer = self.client.get("/v1/health", params={"lang": language})
            self.assertEqual(answer.json(), self.parts.report().to_dict("fr" if language == "fr" else "en"))
        self.assertEqual(answer.json()["health"], "critical")

    def test_charts_have_specs_with_numbers_and_words(self) -> None:
        self.fill()
        told = self.client.get("/health/charts?lang=fr").json()
        charts = {chart["name"]: chart["spec"] for chart in told["charts"]}
        self.assertEqual(list(charts), ["durations", "rows", "checks", "quarantine", "quality", "freshness"])
        self.assertEqual([row["status"] for row in charts["durations"]["data"]["values"]], ["a réussi", "a échoué"])
        self.assertEqual(charts["freshness"]["data"]["values"][0]["hours"], 2.0)
        self.assertEqual(told["locales"]["timeFormatLocale"]["months"][7], "août")
        self.assertEqual(self.client.get("/health/charts?lang=en").json()["locales"], {})


class ProbesTest(AppTest):
    """Alive, ready, and what becomes of both without a journal."""

    def test_alive_and_ready(self) -> None:
        self.assertEqual(self.client.get("/health/live").json(), {"live": True})
        self.assertEqual(self.client.get("/health/ready").json(), {"ready": True})

    def test_a_journal_that_cannot_be_read(self) -> None:
        (self.home / "operations.db").write_bytes(b"this is no database at all" * 100)
        page = self.client.get("/health?lang=fr")
        self.assertEqual(page.status_code, 503)
        self.assertIn("Le journal d&#39;exploitation est illisible", page.text)
        told = self.client.get("/v1/health")
        self.assertEqual((told.status_code, told.json()["health"]), (503, "critical"))
        ready = self.client.get("/health/ready")
        self.assertEqual((ready.status_code, ready.json()["why"]), (503, "not_ready"))
        self.assertEqual([one.partition(":")[0] for one in ready.json()["errors"]], ["journal"])
        self.assertEqual(self.client.get("/health/live").status_code, 200)
        self.assertIn("ritournelle_journal_readable 0.0", self.client.get("/metrics").text)


class ReportTest(AppTest):
    """The form that opens an incident: only from our own page."""

    address = "/health/incidents?lang=fr"
    own = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}

    def setUp(self) -> None:
        super().setUp()
        self.reports = Reports()
        app = create_app(parts(self.home, reports=self.reports))
        self.client = TestClient(app, follow_redirects=False)
        found = re.search(r'name="token" value="([^"]+)"', self.page())
        assert found is not None
        self.form = {
            "token": found[1],
            "subject": "users",
            "message": "names are missing",
            "name": "Ada",
            "contact": "",
        }

    def send(self, form: dict[str, str], **headers: str) -> int:
        """The status of the answer."""
        return self.client.post(self.address, data=form, headers=self.own | headers).status_code

    def test_a_report_opens_an_incident_and_the_page_says_thanks(self) -> None:
        answer = self.client.post(self.address, data=self.form, headers=self.own)
        self.assertEqual(
            (answer.status_code, answer.headers["Location"]), (303, "/health?lang=fr&reported=1#incidents")
        )
        self.assertEqual(self.reports.told, [("users", "names are missing", "Ada", "")])
        self.assertIn("Merci", self.page(answer.headers["Location"]))

    def test_an_incident_is_taken_or_resolved(self) -> None:
        address, form = "/health/incidents/2026-1", {
            "token": self.form["token"],
            "do": "acknowledge",
            "name": "Ada\x1b",
        }
        answer = self.client.post(address, data=form, headers=self.own)
        self.assertEqual((answer.status_code, answer.headers["Location"]), (303, "/health?lang=en#incidents"))
        self.assertEqual(self.reports.amended, [("2026-1", "acknowledge", "Ada", "")])
        answer = self.client.post("/health/incidents/nobody", data=form, headers=self.own)
        self.assertEqual((answer.status_code, "there is no such incident" in answer.text), (422, True))
        self.assertEqual(self.client.post(address, data=form | {"token": "x"}, headers=self.own).status_code, 403)
        self.assertEqual(self.client.post(address, data=form).status_code, 403)

    def test_forms_of_other_sites_are_refused(self) -> None:
        for headers in (
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            self.assertEqual(self.send(self.form, **headers), 403)
        self.assertEqual(self.client.post(self.address, data=self.form).status_code, 403)
        self.assertEqual(self.send(self.form | {"token": "guessed"}), 403)
        self.assertEqual(self.send({name: value for name, value in self.form.items() if name != "token"}), 403)
        self.assertEqual(self.send(self.form | {"token": "é"}), 403)
        self.assertEqual(self.reports.told, [])

    def test_what_is_no_form_is_refused(self) -> None:
        self.assertEqual(self.send(self.form | {"message": "x" * 20_000}), 413)
        self.assertEqual(self.send({f"field{number}": "x" for number in range(50)}), 400)
        self.assertEqual(self.send(self.form, **{"Content-Type": "application/json"}), 415)
        self.assertEqual(self.send(self.form | {"message": "hm"}), 422)
        self.assertEqual(self.client.get("/health/incidents").status_code, 405)
        self.assertEqual(self.reports.told, [])


class FilesTest(AppTest):
    """Styles and scripts: cached, packed, and nothing else."""

    def test_files_that_the_page_names_are_there_for_ever(self) -> None:
        for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', self.page()):
            answer = self.client.get(address, headers={"Accept-Encoding": "identity"})
            self.assertEqual(answer.status_code, 200)
            self.assertIn("immutable", answer.headers["Cache-Control"])
            packed = self.client.get(address, headers={"Accept-Encoding": "gzip"})
            self.assertEqual((packed.headers["Content-Encoding"], packed.content), ("gzip", answer.content))
            again = self.client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
            self.assertEqual(again.status_code, 304)

    def test_other_addresses_of_a_file_are_asked_again(self) -> None:
        self.assertEqual(self.client.get("/static/ritournelle.css?v=old").headers["Cache-Control"], "no-cache")

    def test_no_other_file_can_be_had(self) -> None:
        for name in ("nothing.js", "..%2fapp.py", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "../app.py"):
            self.assertEqual(self.client.get(f"/static/{name}").status_code, 404)

    def test_no_page_loads_swagger_from_elsewhere(self) -> None:
        for address in ("/docs", "/redoc"):
            self.assertEqual(self.client.get(address).status_code, 404)

    def test_every_answer_has_the_headers(self) -> None:
        for address in ("/health", "/v1/health", "/metrics", "/static/ritournelle.css", "/nowhere", "/health/live"):
            answer = self.client.get(address)
            for name, value in HEADERS.items():
                self.assertEqual(answer.headers[name], value)
        self.assertEqual(self.client.get("/health").headers["Cache-Control"], "no-store")
        self.assertNotIn("unsafe", HEADERS["Content-Security-Policy"])
