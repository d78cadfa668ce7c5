"""The entries of sparse matrices: which row each one is in, and what stands at given places."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def rows_of(matrix: Any) -> NDArray[np.int64]:
    """The row of each entry of a CSR matrix."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def values_at(matrix: Any, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of a CSR matrix at `columns` (n × k) of each of `rows` (n): n × k, 0 where there is no entry."""
    if not columns.size:  # SciPy gives a sparse matrix for no places at all
        return np.zeros(columns.shape)
    flat = matrix[np.repeat(rows, columns.shape[1]), columns.ravel()]
    return np.asarray(flat, dtype=np.float64).reshape(columns.shape)


def entries_at(matrix: Any, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which entry of a canonical CSR matrix stands at each of these n places; -1 where none does."""
    if not matrix.nnz:
        return np.full(len(rows), -1, dtype=np.int64)
    known, wanted = rows_of(matrix) * matrix.shape[1] + matrix.indices, rows * matrix.shape[1] + columns
    found = np.searchsorted(known, wanted).clip(0, len(known) - 1)
    return np.where(known[found] == wanted, found, -1)
