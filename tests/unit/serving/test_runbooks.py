"""The runbooks as pages: each is there, safe, and leads to the others."""

from __future__ import annotations

import re
import tempfile
import unittest
from pathlib import Path

from fastapi.testclient import TestClient

from ritournelle.serving.app import create_app
from ritournelle.serving.runbooks import runbook
from tests.served import parts

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "runbooks"


class RunbooksTest(unittest.TestCase):
    """All of `docs/runbooks`."""

    client: TestClient

    @classmethod
    def setUpClass(cls) -> None:
        home = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.client = TestClient(create_app(parts(home)), follow_redirects=False)

    def test_every_page_is_there_and_every_link_leads_somewhere(self) -> None:
        names = {page.stem for page in FOLDER.glob("*.md")}
        self.assertGreater(len(names), 40)
        for name in names:
            page = self.client.get(f"/runbooks/{name}")
            self.assertEqual(page.status_code, 200)
            self.assertEqual(page.text.count("<h1"), 1, name)
            self.assertIsNone(re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text))
            article = page.text.split("<article")[1].split("</article>")[0]
            links = re.findall(r'href="([^"]*)"', article)
            self.assertEqual({link.partition("#")[0] for link in links} - {f"/runbooks/{one}" for one in names}, set())

    def test_the_language_stays(self) -> None:
        page = self.client.get("/runbooks/README?lang=fr").text
        self.assertIn("/runbooks/source-reachable?lang=fr", page)
        self.assertIn('<article class="prose" lang="en">', page)
        self.assertEqual(self.client.get("/runbooks").headers["Location"], "/runbooks/README")

    def test_no_other_file_can_be_had(self) -> None:
        for name in (
            "nowhere",
            "..",
            "../../README",
            "..%2f..%2fREADME",
            "disk-space.md",
            "Disk",
            "",
            "a" * 90,
            "disk space",
        ):
            self.assertIsNone(runbook(name))
            self.assertIn(self.client.get(f"/runbooks/{name}").status_code, (404, 303, 307), name)
