"""What a process of one run leaves out: a part of its CPU would go into things that it never needs.

For processes of our own alone, which end with their one verb: these are changes to the whole interpreter.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Imports make 300,000 objects that stay: at Python's own 700, collecting took 7 % of an ingestion of 120,000 rows."""


_OF_ONE_DAY = frozenset({"run", "transform", "train", "recommend", "backfill"})


def leave_out_what_is_not_needed(verb: str) -> None:
    """Call it with the verb of this process before anything heavy is imported; other verbs are left as they are.

    The verbs of one day collect no garbage.
    """
    if verb == "ingest":
        leave_out_what_ingesting_never_uses()
    elif verb in _OF_ONE_DAY:
        # Imports and dbt make objects that live to the end: to look through them took 7 % of a small run. Not to do so
        # takes 25 MB of 443 at 3 × 1,000 rows, and 32 of 1,108 at 50,000.
        gc.disable()


def leave_out_what_ingesting_never_uses() -> None:
    """Call it before NumPy and pyarrow are imported: fewer collections, one BLAS thread, no pandas."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no matrix is multiplied here, and threads cost to start
    without_pandas: Any = _WithoutPandas()
    sys.meta_path.insert(0, without_pandas)


class _WithoutPandas:
    """A finder of modules that finds no pandas, and leaves all else to the finders after it.

    pyarrow imports it, 0.25 s of CPU, at the first list that it converts, and DuckDB at the first parameter that it
    binds, only to ask whether that is something of pandas'. Both pass over a pandas that is not there; pyarrow does so
    for good, and could not take a data frame afterwards.
    """

    def find_spec(self, name: str, *_: Any) -> None:
        """Part of the import system."""
        if name == "pandas":
            raise ModuleNotFoundError("an ingestion does without pandas", name=name)
