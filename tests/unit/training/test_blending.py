"""Blends: what options share is added up once, and comes out as if each were added up alone."""

from __future__ import annotations

import unittest
from itertools import product

import numpy as np

from ritournelle.training import blending
from ritournelle.training.blending import WEIGHTS, Option


class TotalsTest(unittest.TestCase):
    def test_each_total_is_that_of_its_option_alone(self) -> None:
        random = np.random.default_rng(7)
        parts = {
            how: [random.normal(size=(5, 9)).astype(np.float32) for _ in range(3)] for how in blending.NORMALISATIONS
        }
        kept = {how: [part.copy() for part in of_it] for how, of_it in parts.items()}
        options: list[Option] = [
            (how, (1.0, *rest)) for how, rest in product(blending.NORMALISATIONS, product(WEIGHTS, repeat=2))
        ]
        options += [options[place] for place in random.permutation(len(options))]
        options += [("max", (1.0, 0.6, 0.0)), ("max", (1.0, 0.6, 0.0)), ("z_score", (1.0, 0.6, 0.0))]
        totals = [total.copy() for total in blending._totals(parts, options)]
        self.assertEqual(len(totals), len(options))
        for (how, weights), total in zip(options, totals, strict=True):
            alone = sum(np.float32(weight) * part for weight, part in zip(weights, kept[how], strict=True) if weight)
            np.testing.assert_array_equal(total, np.asarray(alone))
            self.assertEqual(total.dtype, np.float32)
        for how, of_it in kept.items():
            np.testing.assert_array_equal(parts[how], of_it)


if __name__ == "__main__":
    unittest.main()
