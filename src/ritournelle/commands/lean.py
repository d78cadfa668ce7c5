"""What a process of one run leaves out: a part of its CPU would go into things that it never needs.

For processes of our own alone, which end with their one verb: these are changes to the whole interpreter.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import MAGIC_NUMBER
from types import FrameType
from typing import Any, NoReturn, cast

from ritournelle.bytecode.cache_folder import cache_folder
from ritournelle.bytecode.kept_methods import KeptMethods
from ritournelle.commands.lean_arrow import wrap_compute_functions_when_used
from ritournelle.commands.lean_stand_ins import (
    OF_EVERY_VERB,
    OF_INGESTING,
    import_pydantic_core_untyped,
    put_in_place,
)

OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Imports make 300,000 objects that stay: at Python's own 700, collecting took 7 % of an ingestion of 120,000 rows."""


_OF_ONE_DAY = frozenset({"run", "transform", "train", "recommend", "backfill"})


def leave_out_what_is_not_needed(verb: str) -> None:
    """Call it with the verb of this process before anything heavy is imported; other verbs are left as they are."""
    if verb == "ingest":
        leave_out_what_ingesting_never_uses()
    elif verb in _OF_ONE_DAY:
        _leave_out_what_a_day_never_uses()


def leave_out_what_ingesting_never_uses() -> None:
    """Call it before NumPy and pyarrow are imported: fewer collections, one BLAS thread, no pandas, no datasets."""
    _leave_out_what_no_verb_uses()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no matrix is multiplied here, and threads cost to start
    # The C library's allocator takes and gives back fewer pages, which the kernel clears each time: 1.2 million rows
    # take 4 % less CPU, and 40 MB less, than with pyarrow's own choice, mimalloc.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    _find_no("pandas", asking=("",))
    # DuckDB asks at the first table that it is given whether it is a data set, and Acero would read them: 13 ms. ADBC,
    # PostgreSQL's driver, takes pyarrow for missing where it finds no data sets.
    _find_no("pyarrow.dataset", asking=("ritournelle.", "pyarrow.", "duckdb"))
    put_in_place(OF_INGESTING)
    import_pydantic_core_untyped()


def _leave_out_what_a_day_never_uses() -> None:
    """No garbage is collected, idle threads sleep, and pandas stays with those who import it themselves."""
    _leave_out_what_no_verb_uses()
    # Imports and dbt make objects that live to the end: to look through them took 7 % of a small run. Not to do so
    # takes 25 MB of 443 at 3 × 1,000 rows, and 32 of 1,108 at 50,000.
    gc.disable()
    # Between two pieces of work OpenMP and OpenBLAS turn round and round, to be there at once: 4 % of a first run.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")  # 2 to the power of so many cycles
    _find_no("pandas", asking=("ritournelle.", "pyarrow", "duckdb"))


def _leave_out_what_no_verb_uses() -> None:
    """Wrappers of compute functions that are not called, DuckDB's names of types, and clients of object stores."""
    wrap_compute_functions_when_used()
    put_in_place(OF_EVERY_VERB)
    _leave_out("pyarrow._s3fs", "pyarrow._gcsfs", "pyarrow._azurefs")  # it was built with them, and looks: 10 ms


@contextmanager
def data_classes_kept(verb: str) -> Iterator[None]:
    """Around everything that the process imports: the methods of its data classes are not compiled anew each time."""
    if verb != "ingest" and verb not in _OF_ONE_DAY:
        yield
        return
    some = "ingest" if verb == "ingest" else "day"  # what is kept is read whole: 0.6 MB, or 0.8
    methods = KeptMethods(cache_folder() / f"methods-{some}-{MAGIC_NUMBER.hex()}.marshal")
    try:
        with methods.put_to_use():
            yield
    finally:
        methods.keep()


@contextmanager
def ended_at_once(verb: str) -> Iterator[None]:
    """Around everything that the process does: it ends where `SystemExit` would begin to take everything down.

    To free a million objects one by one, only for the system to take their memory back, was 5 % of a small run. What is
    registered with `atexit` is done, and what was printed is written. Other verbs than those of a day end as ever.
    """
    try:
        yield
    except SystemExit as end:
        if verb != "ingest" and verb not in _OF_ONE_DAY:
            raise
        _end(end)


def _end(end: SystemExit) -> NoReturn:
    if isinstance(end.code, str):
        print(end.code, file=sys.stderr)
    atexit._run_exitfuncs()  # pylint: disable=protected-access  # the same that the interpreter would call now
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))


def _leave_out(*modules: str) -> None:
    """Let nobody find them, if they are not there already: the documented meaning of `None` in `sys.modules`.

    For modules that Python alone asks for: what Cython imports would be `None` itself.
    """
    for module in modules:
        sys.modules.setdefault(module, cast(Any, None))


def _find_no(module: str, asking: tuple[str, ...]) -> None:
    without: Any = _Without(module, asking)
    sys.meta_path.insert(0, without)


class _Without:
    """A finder that does not find one module for those whose names begin so; all else it leaves to other finders.

    pyarrow imports pandas, 0.25 s of CPU, at the first list that it converts, and DuckDB at the first parameter that it
    binds, only to ask whether that is something of pandas'. Both pass over a pandas that is not there. They ask in
    their own name or in that of whoever called them; MLflow, or a model that needs pandas, imports it by its own.
    """

    def __init__(self, module: str, asking: tuple[str, ...]) -> None:
        self._module = module
        self._asking = asking

    def find_spec(self, name: str, *_: Any) -> None:
        """Part of the import system."""
        if name == self._module and _asking().startswith((*self._asking, _NO_PYTHON)):
            raise ModuleNotFoundError(f"a run does without {name}", name=name)


_NO_PYTHON = "(no Python)"


def _asking() -> str:
    """The module whose code is being executed, beside the import system's own; `_NO_PYTHON` in a thread of DuckDB's."""
    frame: FrameType | None = sys._getframe(2)  # pylint: disable=protected-access  # of `find_spec`'s caller
    while frame is not None and "importlib" in frame.f_globals.get("__name__", ""):
        frame = frame.f_back
    return _NO_PYTHON if frame is None else str(frame.f_globals.get("__name__", ""))
