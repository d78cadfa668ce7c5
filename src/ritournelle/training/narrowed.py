"""Narrowed windows: the same question over fewer tracks, so that a costly search is made on less."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ritournelle.evaluation.window import Window
from ritournelle.recommenders.sequences import NO_SIDE_INFORMATION


def of_most_heard(window: Window, most: int) -> Window:
    """The window over its `most` most heard tracks; cases without an answer or a listen among them are left out.

    Side information is left out as well: the families that are searched for so do not look at it. The window itself
    comes back where it has no more tracks, or where no case would be left.
    """
    heard = np.bincount(window.interactions.indices, minlength=window.interactions.shape[1])
    if len(heard) <= most:
        return window
    tracks = np.sort(np.argsort(-heard, kind="stable")[:most])
    cases = window.cases
    known, answers = _columns(cases.heard, tracks), _columns(cases.relevant, tracks)
    rows = np.flatnonzero((np.diff(known.indptr) > 0) & (np.diff(answers.indptr) > 0))
    if rows.size == 0:
        return window
    hidden = None if cases.exclude is None else _columns(cases.exclude, tracks)[rows]
    fewer = replace(cases, heard=known[rows], relevant=answers[rows], recent=None, exclude=hidden)
    why = f"{window.why}; {most:,} most heard tracks"
    return replace(
        window, interactions=_columns(window.interactions, tracks), cases=fewer, side=NO_SIDE_INFORMATION, why=why
    )


def _columns(matrix: Any, tracks: NDArray[np.int64]) -> Any:
    return csr_matrix(csr_matrix(matrix)[:, tracks])
