"""What every test shares: no setting of the person who runs them leaks in."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ("tests.services.plugin",)

KEPT = ("RITOURNELLE_REQUIRE_SERVICES", "RITOURNELLE_LONG_TESTS", "RITOURNELLE_UPDATE_DOCS", "RITOURNELLE_SCREENSHOTS")
"""What steers the tests themselves."""


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("RITOURNELLE_") and name not in KEPT:
            monkeypatch.delenv(name)
