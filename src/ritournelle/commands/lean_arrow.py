"""pyarrow's 300 compute functions, each made ready when it is first asked for."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any, cast

_MODULE = "pyarrow.compute"
_ASKED_BY_ITSELF = ["utf8_zero_fill"]
"""Functions that the module itself gives a second name to."""


def wrap_compute_functions_when_used() -> None:
    """Call it before `pyarrow.compute` is imported, by whomever.

    At its import it writes signature and documentation of every function that Arrow knows: 40 of 55 ms, where an
    ingestion calls thirty of them. Each is the same, and has them, once it is asked for.
    """
    if _MODULE not in sys.modules:
        finder: Any = _Finder()
        sys.meta_path.insert(0, finder)


class _Finder:
    """Finds that one module, once, and leaves all else to other finders."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Part of the import system."""
        if fullname != _MODULE:
            return None
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            loader: Any = _Loader(spec.loader)  # no subclass of `importlib.abc`: to import that takes 4 ms
            spec.loader = loader
        return spec


class _Loader:
    """Executes the module with a registry that names hardly any function, and has it look up the others later."""

    def __init__(self, usual: Any) -> None:
        self._usual = usual

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Part of the import system."""
        made: ModuleType | None = self._usual.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        """Part of the import system."""
        from pyarrow import _compute

        whole = _compute.function_registry
        registry = _FewFunctions(whole())
        try:
            _compute.function_registry = lambda: registry
            self._usual.exec_module(module)
        finally:
            _compute.function_registry = whole
        vars(module).update(function_registry=whole, __getattr__=_looked_up(module, registry))


class _FewFunctions:
    """Arrow's registry, as `pyarrow.compute` reads it at its import."""

    def __init__(self, registry: Any) -> None:
        self.get_function = registry.get_function

    def list_functions(self) -> list[str]:
        """Those that are wrapped at once."""
        return _ASKED_BY_ITSELF


def _looked_up(module: ModuleType, registry: _FewFunctions) -> Any:
    """A `__getattr__` (PEP 562) that wraps the function of that name, as the import would have."""

    def wrapped(name: str) -> Any:
        function = _callable(registry, _NAMES.get(name, name))
        if function is None:
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
        exposed = f"{name}_" if name in _NAMES.values() else name
        # What the import calls for each function has no public name.
        made = cast(Any, module)._wrap_function(exposed, function)  # pylint: disable=protected-access
        setattr(module, name, made)
        return made

    return wrapped


def _callable(registry: _FewFunctions, name: str) -> Any:
    """Arrow's function of that name; None if there is none, or none that can be called alone."""
    try:
        function = registry.get_function(name)
    except KeyError:
        return None
    only_in_groups = function.kind == "hash_aggregate" or (function.kind == "scalar_aggregate" and not function.arity)
    return None if only_in_groups else function


_NAMES = {"and_": "and", "or_": "or"}
"""Arrow calls functions by words that Python keeps for itself; this is what they are called here."""
