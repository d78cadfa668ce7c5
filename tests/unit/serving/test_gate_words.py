"""Every reason of the gate is told in both languages, with the numbers that it holds."""

from __future__ import annotations

import re
import unittest

import numpy as np

from ritournelle.evaluation.evaluate import Evaluation
from ritournelle.evaluation.gate import decide
from ritournelle.serving.gate_words import in_words
from ritournelle.serving.language import Texts

FINE = {"coverage": 0.5, "identical_lists": 0.0, "empty_lists": 0.0}
POPULAR = {"coverage": 0.2, "identical_lists": 0.9, "empty_lists": 0.0}


def reached(mean: float, lists: dict[str, float] | None = None, cases: int = 200) -> Evaluation:
    """A challenger, or another, with some noise."""
    values = np.clip(np.random.default_rng(round(1000 * mean)).normal(mean, 0.1, cases), 0, 1)
    return Evaluation({"ndcg@20": values}, FINE if lists is None else lists)


def reasons() -> list[str]:
    """One decision of each kind."""
    popular, good, broken = reached(0.2, POPULAR), reached(0.5), reached(0.5)
    broken.per_case["ndcg@20"][3] = np.nan
    few = np.arange(200) < 60
    collapsed = reached(0.6)
    collapsed.per_case["ndcg@20"][few] = 0.0
    degenerate = {"empty_lists": 0.02, "identical_lists": 0.7, "coverage": 0.1}
    decisions = [
        decide(good, popular),
        decide(good, popular, reached(0.3)),
        decide(reached(0.2), popular, reached(0.5)),
        decide(reached(0.3), popular, good, same_family=True),
        decide(collapsed, popular, reached(0.3), slices={"new listeners": few}),
        decide(broken, popular),
        decide(reached(0.5, degenerate), popular),
        decide(reached(0.5, cases=9), reached(0.2, POPULAR, 9)),
    ]
    return [reason for decision in decisions for reason in decision.reasons]


class GateWordsTest(unittest.TestCase):
    """By what the gate itself says."""

    def test_every_reason_is_known(self) -> None:
        found = reasons()
        self.assertGreater(len(found), 10)
        for reason in found:
            english, french = (in_words(reason, Texts(language)) for language in ("en", "fr"))
            self.assertEqual((english[1], french[1]), ("", ""), reason)
            numbers = re.findall(r"[\d.]+\d%?", reason)
            for number in numbers:
                self.assertIn(number, english[0])
                self.assertIn(number.replace(".", ",").removesuffix("%"), french[0])

    def test_others_stay_as_they_are(self) -> None:
        self.assertEqual(in_words("it sounded <b>better</b>", Texts("fr")), ("it sounded <b>better</b>", "en"))
        self.assertEqual(in_words("by hand", Texts("fr")), ("À la main, depuis le terminal.", ""))
