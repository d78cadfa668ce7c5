"""The NumPy array types of the simulated world."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
"""Slots, ids, or moments as microseconds since 1970."""

Vectors = npt.NDArray[np.float32]
"""Tastes, one unit vector per row; or numbers derived from them."""

Flags = npt.NDArray[np.bool_]
"""One truth per slot."""
