"""What a recommender takes in, checked: histories, and what is known beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from ritournelle.recommenders.sequences import SideInformation


def of_shape(side: SideInformation, shape: tuple[int, int]) -> SideInformation:
    """The side information, if it speaks of this many listeners and tracks."""
    sequences, content = side.sequences, side.content
    if sequences is not None and (
        np.any((sequences.tracks < 0) | (sequences.tracks >= shape[1]))
        or np.any((sequences.listeners < 0) | (sequences.listeners >= shape[0]))
    ):
        raise ValueError(f"the sequences name rows outside {shape[0]} listeners × {shape[1]} tracks")
    if content is not None and content.shape[0] != shape[1]:
        raise ValueError(f"content of {content.shape[0]} tracks for {shape[1]} tracks")
    return side


def checked(interactions: Any) -> Any:
    """As CSR with ascending columns and no pair twice, so that equal histories give equal answers to the bit."""
    matrix = interactions if isinstance(interactions, csr_matrix) else csr_matrix(interactions)
    if matrix.nnz and not (matrix.data.min() >= 0 and matrix.data.max() < np.inf):  # a nan is neither
        raise ValueError("weights must be finite and not negative")
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    return matrix
