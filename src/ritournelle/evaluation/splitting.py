"""Splitting: the past in what may be learnt from and what it is judged by, by time wherever time tells.

A model that serves tomorrow is judged on what came after everything it learnt from, for all listeners at once (Meng et
al., "Exploring data splitting strategies", RecSys 2020; Ji et al., "A critical study on data leakage", TOIS 2023): a
global moment T, train < T − gap, cases from T on. A validation window of the same length ends at T; choices are made
there. The app's first extract carries one date for all tracks of a record, so that nobody has listens on both sides of
any T; then a part of each listener's tracks is held out at random instead, and the window says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ritournelle.evaluation.cases import Cases, Task
from ritournelle.evaluation.listens import MICROSECONDS_PER_DAY, Listens
from ritournelle.evaluation.window import Window
from ritournelle.recommenders.sequences import SideInformation

RECENT_LISTENS = 50
"""Latest listens of a listener that sequence models get to see."""


@dataclass(frozen=True)
class SplitRules:
    """How the past is cut. Lengths in days, the gap in hours; `least_cases` decides between time and chance."""

    task: Task = "discovery"
    test_days: float = 7.0
    gap_hours: float = 0.0
    half_life_days: float = 90.0
    held_out_share: float = 0.2
    least_cases: int = 100
    seed: int = 0


@dataclass(frozen=True)
class Split:
    """`choosing` ends where `judging` begins: what is chosen on the one has not seen the cases of the other."""

    choosing: Window
    judging: Window


def split(listens: Listens, rules: SplitRules) -> Split:
    """The validation and the test window of these listens; may have windows without a case for very few listens."""
    judging, before = _window(listens, rules)
    choosing, _ = _window(before, rules)
    return Split(choosing, judging)


def _window(listens: Listens, rules: SplitRules) -> tuple[Window, Listens]:
    """The last window of these listens, and the listens that lie before its cases."""
    train, later = _by_time(listens, rules)
    window = _of(train, later, rules, "temporal", f"listens of the last {rules.test_days:g} days")
    if len(window.cases) >= rules.least_cases:
        return window, train
    train, later = _by_chance(listens, rules)
    why = (
        f"{rules.held_out_share:.0%} of each listener's tracks at random: only {len(window.cases)} listeners listened "
        f"both before and in the last {rules.test_days:g} days, and {rules.least_cases} are needed"
    )
    return _of(train, later, rules, "holdout", why), train


def _by_time(listens: Listens, rules: SplitRules) -> tuple[Listens, Listens]:
    if len(listens) == 0:
        return listens, listens
    moment = int(listens.listened_at.max()) + 1 - int(rules.test_days * MICROSECONDS_PER_DAY)
    gap = int(rules.gap_hours * MICROSECONDS_PER_DAY / 24)
    return listens.where(listens.listened_at < moment - gap), listens.where(listens.listened_at >= moment)


def _by_chance(listens: Listens, rules: SplitRules) -> tuple[Listens, Listens]:
    """Hold out whole pairs of listener and track (discovery), or each listener's last listens (next listen).

    A listener keeps at least one pair, and gives at least one if there are two.
    """
    if len(listens) == 0:
        return listens, listens
    pairs, pair_of = np.unique(listens.listeners * listens.shape[1] + listens.tracks, return_inverse=True)
    owners = pairs // listens.shape[1]
    order = np.random.default_rng(rules.seed).random(len(pairs))
    if rules.task == "next_listen":
        last = np.zeros(len(pairs))
        np.maximum.at(last, pair_of, np.arange(len(listens), dtype=np.float64))
        order = -last
    held = _held(owners, order, rules.held_out_share)[pair_of]
    return listens.where(~held), listens.where(held)


def _held(owners: NDArray[np.int64], order: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """For each pair of ascending `owners`, whether it is among the first of its owner in this order."""
    _, starts, lengths = np.unique(owners, return_index=True, return_counts=True)
    wanted = np.minimum(np.maximum(np.round(lengths * share), lengths > 1), lengths - 1)
    ranked = np.lexsort((order, owners))
    place = np.empty(len(owners), dtype=np.int64)
    place[ranked] = np.arange(len(owners)) - np.repeat(starts, lengths)
    held: NDArray[np.bool_] = place < np.repeat(wanted, lengths)
    return held


def _of(train: Listens, later: Listens, rules: SplitRules, kind: str, why: str) -> Window:
    until = int(train.listened_at.max()) if len(train) else 0
    weights = train.weights(until, rules.half_life_days)
    sequences = train.sequences()
    return Window(weights, _cases(train, weights, later, rules.task), SideInformation(sequences), kind, why)


def _cases(train: Listens, weights: csr_matrix, later: Listens, task: Task) -> Cases:
    """Listeners with a past and an answer: in discovery only tracks they had not heard count as answers."""
    answers = csr_matrix(later.counts() > 0, dtype=np.float32)
    if task == "discovery":
        answers = csr_matrix(answers - answers.multiply(weights > 0))
        answers.eliminate_zeros()
    rows = np.flatnonzero((np.diff(answers.indptr) > 0) & (np.diff(weights.indptr) > 0))
    heard = csr_matrix(weights[rows])
    recent = _latest(train).sequences().of_listeners(rows, train.shape[0])
    return Cases(heard, csr_matrix(answers[rows]), recent, heard if task == "discovery" else None, task)


def _latest(listens: Listens) -> Listens:
    """Each listener's last `RECENT_LISTENS`."""
    ends = np.searchsorted(listens.listeners, listens.listeners, side="right")
    return listens.where(ends - np.arange(len(listens)) <= RECENT_LISTENS)
