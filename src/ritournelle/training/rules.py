"""The rules of training: who competes, how the past is cut, what the gate asks, how often the choice is made anew."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import timedelta

import xxhash

from ritournelle.evaluation.gate import GateRules
from ritournelle.evaluation.splitting import SplitRules
from ritournelle.training.choose import Plan
from ritournelle.training.plans import plan_of
from ritournelle.training.selection import Goal


@dataclass(frozen=True)
class TrainingRules:
    """Everything that decides what is trained, beside the data. Equal rules and data give the same version."""

    plan: Plan = field(default_factory=plan_of)
    split: SplitRules = SplitRules()
    gate: GateRules = GateRules()
    choose_every: timedelta = timedelta(days=7)
    """Between two choices the champion's family and options are trained again on the newest data."""

    @property
    def seed(self) -> int:
        """Of everything random."""
        return self.split.seed

    @property
    def goal(self) -> Goal:
        """To choose by what the gate looks at."""
        metric, k = self.gate.metric.split("@")
        return Goal(metric, int(k), self.seed)

    @property
    def recipe(self) -> str:
        """A fingerprint: equal for equal rules; how often is chosen does not count."""
        rules = asdict(self) | {"choose_every": None}
        return xxhash.xxh3_128_hexdigest(json.dumps(rules, sort_keys=True, default=str).encode())
