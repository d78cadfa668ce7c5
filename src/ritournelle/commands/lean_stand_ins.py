"""What stands in the place of modules that are imported by others, and of which a process of one run uses nothing.

Costs are those of an ingestion of 3,000 rows, which takes 0.8 s of CPU, on the machine where they were measured.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

StandIns = Mapping[str, Mapping[str, Any]]

_KINDS = ("BINARY", "DATETIME", "NUMBER", "ROWID", "STRING", "DBAPITypeObject")

OF_EVERY_VERB: StandIns = {
    # To name the types of the DB-API, DuckDB opens a database in memory, with its threads: 30 ms.
    "duckdb._dbapi_type_object": dict.fromkeys(_KINDS),
}
OF_INGESTING: StandIns = {
    "asyncio": {},  # pydantic-settings imports it for commands that are coroutines: 7 ms
    # To look for plugins, and for a version that nobody asks for, the metadata of all packages: 20 ms.
    "pydantic.plugin._loader": {"get_plugins": tuple},
    "duckdb._version": dict.fromkeys(("__version__", "__duckdb_version__", "version")),
    # Documentation is written while NumPy is imported, and when a compute function of pyarrow's is: 15 ms.
    "numpy._core._add_newdocs": {},
    "numpy._core._add_newdocs_scalars": {},
    "pyarrow.vendored.docscrape": {"NumpyDocString": lambda _: {"Parameters": []}},
    # Names for annotations: 15 ms.
    "numpy._typing": {"NDArray": list, "ArrayLike": Any, "DTypeLike": Any, "NBitBase": None},
    "numpy._typing._add_docstring": {"_docstrings": ""},
    "dotenv": {"dotenv_values": None},  # no `.env` is read: 5 ms
}


def put_in_place(stand_ins: StandIns) -> None:
    """From now on they are what is imported by these names, where that was not imported already."""
    for name, content in stand_ins.items():
        sys.modules.setdefault(name, _stand_in(name, content))


def _stand_in(name: str, content: Mapping[str, Any]) -> ModuleType:
    """A module that holds this, and has the real one imported as soon as anything else of it is asked for.

    `importlib.util.LazyLoader` imports it at the second import already.
    """

    def asked(attribute: str) -> Any:
        if attribute.startswith("__"):  # `from … import …` itself asks for some, and who looks through all modules
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}")
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(import_module(name), attribute)

    stand_in = ModuleType(name)
    vars(stand_in).update(content, __getattr__=asked)  # PEP 562
    return stand_in


def import_pydantic_core_untyped() -> None:
    """Import it with plain classes in the place of its ninety `TypedDict`s, which only type checkers look at: 20 ms."""
    if "pydantic_core" not in sys.modules:
        with _plain_typed_dict():
            import pydantic_core  # pylint: disable=unused-import  # only to have it imported


class _Plain(dict[str, Any]):
    """As `TypedDict` for those who derive from it."""

    def __init_subclass__(cls, total: bool = True) -> None:
        super().__init_subclass__()


@contextmanager
def _plain_typed_dict() -> Iterator[None]:
    import typing

    import typing_extensions

    places = [vars(module) for module in (typing, typing_extensions)]
    usual = [names["TypedDict"] for names in places]
    try:
        for names in places:
            names["TypedDict"] = _Plain
        yield
    finally:
        for names, kept in zip(places, usual, strict=True):
            names["TypedDict"] = kept
