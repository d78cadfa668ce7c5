"""The four answers at the top of the page."""

from __future__ import annotations

import tempfile
import unittest
from datetime import timedelta
from pathlib import Path

from ritournelle.monitoring.health import Health
from ritournelle.monitoring.reading import Reading, Status
from ritournelle.serving.language import Texts
from ritournelle.serving.snapshot import take_snapshot
from ritournelle.serving.state import State, state_of
from ritournelle.serving.writing import Writer
from tests.served import NOW, PUBLISHED_AT, keep_readings, keep_run, parts, reading


class StateTest(unittest.TestCase):
    """Fresh as of when, what broke, what was done, what to do."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = Path(folder.name)

    def state(self, *readings: Reading, language: str = "en", published: bool = True, run: str = "succeeded") -> State:
        """After one run and these readings."""
        live = parts(self.home, published_at=PUBLISHED_AT if published else None)
        keep_run(live.journal)
        if run != "succeeded":
            keep_run(live.journal, run, "it broke", NOW - timedelta(minutes=10))
        keep_readings(live.journal, *readings)
        texts = Texts("fr" if language == "fr" else "en")
        return state_of(take_snapshot(live), texts, Writer(texts.language, NOW))

    def test_all_is_well(self) -> None:
        state = self.state(reading("volume", "users"))
        self.assertEqual((state.health, state.headline), (Health.GOOD, "All is well"))
        self.assertIn("25 Nov 2026 at 06:00 UTC (2 h ago)", state.fresh)
        self.assertEqual((state.broke, state.done), (["Nothing."], ["Nothing needed to be done."]))

    def test_nothing_has_run(self) -> None:
        texts = Texts("en")
        live = parts(self.home, published_at=None)
        state = state_of(take_snapshot(live), texts, Writer("en", NOW))
        self.assertEqual((state.health, state.headline), (Health.UNKNOWN, "Nothing has run yet"))
        self.assertIn("listeners get no recommendations", state.fresh)
        self.assertIn("ritournelle run", state.advice[0])

    def test_a_block_holds_and_the_last_good_state_is_served(self) -> None:
        fired = reading("source_epoch", "users", Status.FIRED, problem="new ids")
        state = self.state(fired)
        self.assertIn("nothing new is published", state.headline)
        self.assertEqual(state.broke, ["Users: source_epoch fired"])
        self.assertIn("held", state.done[0])
        self.assertEqual(state.done[1], "source_epoch is done")
        self.assertIn("25 Nov 2026 at 06:00 UTC", state.done[0])
        self.assertEqual(state.advice, ["do `source_epoch`"])

    def test_causes_come_before_what_follows_from_them(self) -> None:
        state = self.state(
            reading("run_outcome", "pipeline", Status.FIRED, problem="users failed"),
            reading("volume", "users", Status.FIRED, problem="empty"),
            reading("quarantine", "users", Status.FIRED, problem="3 rows"),
            run="failed",
        )
        self.assertEqual(state.broke[0], "Users: volume fired")
        self.assertIn("run_outcome", state.broke[1])
        self.assertEqual(state.broke[2], "One more warning or error stands below.")
        self.assertIn("stopped before it published", state.done[0])
        self.assertEqual(state.advice, ["do `volume`"])

    def test_things_that_share_a_trouble_are_told_together(self) -> None:
        sources = ("tracks", "users", "listen_history")
        fired = [reading("source_epoch", source, Status.FIRED, problem=f"{source}: raw words") for source in sources]
        state = self.state(*fired)
        self.assertEqual(state.broke, ["Listen history, Tracks, Users: source_epoch fired"])
        self.assertEqual(len(state.advice), 1)

    def test_a_missed_day_makes_what_is_served_older(self) -> None:
        state = self.state(reading("run_missed", "pipeline", Status.FIRED, problem="40 hours"))
        self.assertIn("grow older", state.done[0])

    def test_a_failure_before_the_first_publication(self) -> None:
        state = self.state(reading("volume", "users", Status.FIRED, problem="empty"), published=False, run="failed")
        self.assertIn("nobody sees something wrong", state.done[0])
        self.assertIn("Nothing has been published yet", state.fresh)

    def test_a_warning_is_no_breakdown(self) -> None:
        state = self.state(reading("quarantine", "users", Status.FIRED, problem="3 rows"))
        self.assertEqual((state.health, state.headline), (Health.WARNING, "Works, with one warning"))
        self.assertIn("published all the same", state.done[0])

    def test_in_french(self) -> None:
        state = self.state(reading("source_epoch", "users", Status.FIRED, problem="ids"), language="fr")
        self.assertEqual(state.broke, ["Utilisateurs : source_epoch a sonné"])
        self.assertIn("25 nov. 2026 à 06:00 UTC (il y a 2 h)", state.fresh)
        self.assertIn("Les auditeurs gardent les recommandations du 25 nov. 2026", state.done[0])
