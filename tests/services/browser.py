"""A real browser for tests: the machine's Chromium, driven by Playwright; nothing is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Error, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
DESKTOP, PHONE = (1280, 900), (360, 740)


class NoBrowser(Exception):
    """This machine has no Chromium that starts."""


@dataclass
class Visit:
    """A page that is open, what its console said, and every address that it asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def words(self) -> str:
        """What a reader sees."""
        return self.page.locator("body").inner_text()

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        told: int = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        return told


class Browser:
    """Opens pages, each in a profile of its own."""

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium

    @contextmanager
    def visit(
        self,
        address: str,
        *,
        language: str = "en-GB",
        size: tuple[int, int] = DESKTOP,
        scheme: Any = "light",
        has_scripts: bool = True,
    ) -> Iterator[Visit]:
        """The page at an address, with its charts drawn unless scripts are forbidden."""
        viewport: Any = {"width": size[0], "height": size[1]}
        context = self._chromium.new_context(
            viewport=viewport, locale=language, color_scheme=scheme, java_script_enabled=has_scripts
        )
        try:
            visit = Visit(context.new_page())
            visit.page.on("console", lambda message: visit.said.append(f"{message.type}: {message.text}"))
            visit.page.on("pageerror", lambda error: visit.said.append(f"error: {error}"))
            visit.page.on("request", lambda request: visit.asked.append(request.url))
            visit.page.goto(address)
            if has_scripts and visit.page.locator("[data-charts]").count():
                visit.page.wait_for_selector("html[data-charts-drawn]")
            yield visit
        finally:
            context.close()


@contextmanager
def running_browser() -> Iterator[Browser]:
    """From start to stop; raises `NoBrowser` when there is none."""
    program = next((found for found in map(shutil.which, PROGRAMS) if found), None)
    if program is None:
        raise NoBrowser("no chromium; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        try:
            chromium = playwright.chromium.launch(executable_path=program, args=FLAGS)
        except Error as error:
            raise NoBrowser(f"{program} does not start: {error}") from error
        try:
            yield Browser(chromium)
        finally:
            chromium.close()
