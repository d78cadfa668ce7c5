"""The page about the simulated app names every fault, habit and control, and its Python runs."""

from __future__ import annotations

import re
import unittest
from dataclasses import fields
from pathlib import Path

from ritournelle.simulator.app import CONTROLS, create_app
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.faults.registry import FAULTS
from ritournelle.simulator.habits import Habits
from ritournelle.simulator.simulation import Simulation

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "simulate-an-app.md"


class SimulatorPageTest(unittest.TestCase):
    def setUp(self) -> None:
        self.text = PAGE.read_text(encoding="utf-8")

    def rows(self) -> dict[str, str]:
        """First cell to last cell of every table row."""
        return {row[0]: row[-1] for row in re.findall(r"^\| `([^`]+)` \|(?:.*\|)? (.*) \|$", self.text, re.MULTILINE)}

    def test_every_habit_with_its_default(self) -> None:
        for habit in fields(Habits):
            default = str(habit.default).replace("True", "yes").replace("False", "no")
            with self.subTest(habit.name):
                self.assertIn(f"| `{habit.name}` | {default} |", self.text)

    def test_every_fault_as_it_describes_itself(self) -> None:
        for fault in FAULTS.values():
            with self.subTest(fault.name):
                self.assertIn(fault.description, self.rows().get(fault.name, ""))

    def test_no_fault_or_habit_that_does_not_exist(self) -> None:
        known = FAULTS.keys() | {habit.name for habit in fields(Habits)}
        named = {name for name in self.rows() if re.fullmatch(r"[a-z0-9_]+", name)}
        self.assertEqual(named - known, set())

    def test_every_control(self) -> None:
        app = create_app(Simulation(WorldConfig(users=1, tracks=1))).app
        for route in app.routes:  # type: ignore[attr-defined]
            if route.path.startswith(CONTROLS):
                path = route.path.replace("{fault_id}", "{id}")
                with self.subTest(path):
                    self.assertIn(f"`{sorted(route.methods)[0]} {path}", self.text)

    def test_the_oracle_example_runs(self) -> None:
        example = re.findall(r"```python\n(.*?)```", self.text, re.DOTALL)[0]
        exec(compile(example, str(PAGE), "exec"), {})  # pylint: disable=exec-used  # our own page
