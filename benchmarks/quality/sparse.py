"""`python -m benchmarks.quality.sparse FOLDER`: a sparse split by planted tastes, to measure what choosing costs.

70,679 users × 24,915 items unless told otherwise, about 777,000 pairs: each user has two of 300 scenes, within
a scene the
item of rank r is taken with a probability ∝ 1 / r. A fifth of each user's items goes into `test.txt`, the rest into
`train.txt`, as lines `user item item …`. Quality on it says nothing about other splits; time and memory do.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SCENES = 300


def main() -> None:
    """Read the command line and write both files."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality.sparse", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--users", type=int, default=70_679)
    parser.add_argument("--items", type=int, default=24_915)
    parser.add_argument("--mean", type=float, default=17.5, help="items of a user on average")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(wanted.seed)
    train, test = [], []
    for user, items in enumerate(_histories(random, wanted.users, wanted.items, wanted.mean)):
        held = max(1, len(items) // 5)
        train.append(_line(user, items[held:]))
        test.append(_line(user, items[:held]))
    for name, lines in (("train.txt", train), ("test.txt", test)):
        (wanted.folder / name).write_text("".join(lines), encoding="ascii")


def _histories(random: np.random.Generator, users: int, n_items: int, mean: float) -> list[NDArray[np.int64]]:
    """Each user's items in random order, at least three; every item is in one scene by its number."""
    sizes = 3 + np.minimum(random.pareto(1.6, users) * (mean - 3) * 0.6, 400).astype(np.int64)
    owners = np.repeat(np.arange(users), sizes)
    scenes = random.integers(SCENES, size=(users, 2))[owners, random.integers(2, size=len(owners))]
    each = n_items // SCENES
    ranks = np.minimum(np.exp(random.random(len(owners)) * np.log(each + 1)).astype(np.int64), each) - 1
    taken = np.unique(owners * n_items + ranks * SCENES + scenes)
    parts = np.split(taken % n_items, np.flatnonzero(np.diff(taken // n_items)) + 1)
    return [random.permutation(part) for part in parts]


def _line(user: int, items: NDArray[np.int64]) -> str:
    return " ".join(map(str, (user, *items.tolist()))) + "\n"


if __name__ == "__main__":
    main()
