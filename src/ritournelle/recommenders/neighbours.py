"""Sparse matrices of neighbours: the strongest few of each row, and products that never lie in memory whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, vstack

from ritournelle.recommenders.entries import rows_of

_ENTRIES_AT_ONCE = 20_000_000
"""Entries of a product held at once: 240 MB."""


def strongest(matrix: Any, k: int) -> Any:
    """CSR with the `k` highest entries of each row; of equal ones the lower columns; columns ascending."""
    matrix = csr_matrix(matrix)
    rows = rows_of(matrix)
    if not np.any(np.diff(matrix.indptr) > k):
        return matrix
    order = np.lexsort((matrix.indices, -matrix.data, rows))
    place = np.arange(matrix.nnz) - matrix.indptr[rows[order]]
    kept = np.sort(order[place < k])
    pruned = csr_matrix((matrix.data[kept], (rows[kept], matrix.indices[kept])), shape=matrix.shape)
    pruned.sort_indices()
    return pruned


def strongest_of_product(
    left: Any, right: Any, k: int, *, scale: Callable[[Any, int], Any], progress: Callable[[int, int], None]
) -> Any:
    """The `k` strongest entries of each row of `scale(left @ right, first_row)`, made in blocks of rows."""
    parts, start = [], 0
    cost = _entries_per_row(left, right)
    ends = np.cumsum(cost)
    while start < left.shape[0]:
        budget = _ENTRIES_AT_ONCE + (ends[start - 1] if start else 0)
        end = max(start + 1, int(np.searchsorted(ends, budget, side="right")))
        block = scale(csr_matrix(left[start:end] @ right), start)
        parts.append(strongest(block, k))
        start = end
        progress(start, left.shape[0])
    return csr_matrix(vstack(parts, format="csr")) if parts else csr_matrix((0, right.shape[1]))


def _entries_per_row(left: Any, right: Any) -> Any:
    """At most so many entries has each row of the product."""
    lengths = np.diff(right.indptr)
    sums = np.concatenate([[0], np.cumsum(lengths[left.indices])])
    return np.minimum(sums[left.indptr[1:]] - sums[left.indptr[:-1]], right.shape[1])
