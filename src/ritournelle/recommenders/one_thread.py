"""Small products by one thread: where cores are busy, BLAS's own threads wait for each other longer than they work.

On two busy cores, one listener's scores of 50,000 tracks took 8 ms (99 of 100: 68 ms) with two threads and 1.7 (5.8) ms
with one; the inverse of 1,000 × 1,000 up to 2 s and 0.03 s.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache

from threadpoolctl import ThreadpoolController


def one_thread_if(is_small: bool) -> AbstractContextManager[object]:
    """BLAS takes one thread while the block runs, in the whole process; nothing is changed for what is not small."""
    if not is_small:
        return nullcontext()
    limited: AbstractContextManager[object] = _controller().limit(limits=1, user_api="blas")
    return limited


@cache
def _controller() -> ThreadpoolController:
    """Looked for once: to go through all loaded libraries takes longer than a small product. NumPy's is among them."""
    return ThreadpoolController()
