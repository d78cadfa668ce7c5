"""Any split given as two files of lines `user item item …`: train items are filtered, the whole catalogue is ranked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.experiment import Experiment, discovery, hold_out, pairs
from ritournelle.errors import PermanentError
from ritournelle.evaluation.window import Window
from ritournelle.training.selection import Goal

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]

VALIDATION_SHARE = 0.2
"""Of each user's train items, to choose on."""
ASKED_AT_MOST = 10_000
"""Users whose lists are made to choose by: their mean is known to about 1 %."""


def lines(train_file: Path, test_file: Path, k: int, seed: int) -> Experiment:
    """The split of these files; an item named twice weighs twice. `PermanentError` names a line that is not numbers."""
    train, test = _matrices(_read(train_file), _read(test_file))
    final = Window(train, discovery(train, test))
    choosing = hold_out(train, VALIDATION_SHARE, seed).asking(ASKED_AT_MOST, seed)
    shown = {f"recall@{k}": f"recall@{k}", f"ndcg@{k}": f"ndcg@{k}"}
    return Experiment("split", choosing, final, Goal("ndcg", k, seed), shown)


def _matrices(train: Pairs, test: Pairs) -> tuple[Any, Any]:
    """Both over the same users and items, the ones that either names."""
    users, rows = _together(train[0], test[0])
    items, columns = _together(train[1], test[1])
    learnt, asked = (pairs(row, column, 1.0, (users, items)) for row, column in zip(rows, columns, strict=True))
    return learnt, asked


def _together(train: NDArray[np.int64], test: NDArray[np.int64]) -> tuple[int, tuple[Any, Any]]:
    ids, rows = np.unique(np.concatenate([train, test]), return_inverse=True)
    return len(ids), (rows[: len(train)], rows[len(train) :])


def _read(path: Path) -> Pairs:
    """User and item of each pair."""
    users, items = [], []
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                user, *mine = _numbers(path, number, line) or [0]
                users.append(np.full(len(mine), user, dtype=np.int64))
                items.append(np.array(mine, dtype=np.int64))
    except OSError as error:
        raise PermanentError(
            f"{path} cannot be read ({error.strerror}); name a file of lines `user item item …`"
        ) from error
    if not sum(map(len, items)):
        raise PermanentError(f"{path} names no item; it must hold lines `user item item …`")
    return np.concatenate(users), np.concatenate(items)


def _numbers(path: Path, number: int, line: str) -> list[int]:
    try:
        return [int(word) for word in line.split()]
    except ValueError as error:
        raise PermanentError(
            f"{path}, line {number}: {error}; a line holds whole numbers `user item item …`"
        ) from error
