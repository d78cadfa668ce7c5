"""What Jinja makes of dbt's macros and models: compiled once for each version, as Python's own modules are."""

from __future__ import annotations

import marshal
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from ritournelle.transform.cache_folder import cache_folder, engine_versions, put

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

_MOST = 5_000
"""Templates from which on the cache begins anew; the shipped project and dbt's own macros are about 1,100."""


class KeptTemplates:
    """Compiled templates by what they were compiled from.

    dbt has Jinja compile each macro and model in each process, 0.3 to 0.6 s of a small build. A cache that cannot be
    read or written is no error.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)
        self._before = len(self._known)

    def put_to_use(self) -> None:
        """From now on dbt's Jinja asks here; call it when dbt is imported."""
        from dbt_common.clients.jinja import MacroFuzzEnvironment

        def kept(environment: MacroFuzzEnvironment, source: Any, *others: Any, **options: Any) -> Any:
            compiled = super(MacroFuzzEnvironment, environment).compile
            if others or options or not isinstance(source, str):
                return compiled(source, *others, **options)
            return self.code_of(type(environment).__name__, source, lambda: compiled(source))

        MacroFuzzEnvironment.compile = kept  # type: ignore[method-assign,assignment]  # Jinja has no hook

    def code_of(self, language: str, source: str, compiled: Callable[[], CodeType]) -> CodeType:
        """The code of a template in one of dbt's two ways of writing them."""
        key = sha256(f"{language}\0{source}".encode()).digest()
        if key not in self._known:
            self._known[key] = compiled()
        return self._known[key]

    def keep(self) -> None:
        """Write down what was compiled."""
        if len(self._known) > _MOST:
            self._known = {}
        if len(self._known) != self._before:
            with suppress(OSError):  # a full disk, or a home of others: the next run compiles them again
                put(marshal.dumps(self._known), self._path)
                self._before = len(self._known)


def kept_templates() -> KeptTemplates:
    """Those of the versions that are installed, in the folder that all homes share."""
    decisive = [*engine_versions(), sys.implementation.cache_tag or sys.version]
    versions = sha256("\0".join(decisive).encode()).hexdigest()[:24]
    return KeptTemplates(cache_folder() / f"templates-{versions}.marshal")


def compile_templates(manifest: Manifest) -> None:
    """Have Jinja compile, and `KeptTemplates` keep, the macros and models that a build of this project may need."""
    from dbt_common.clients.jinja import get_environment

    environment = get_environment()
    texts = [macro.macro_sql for macro in manifest.macros.values()]
    for text in [*texts, *(node.raw_code for node in manifest.nodes.values())]:
        environment.compile(text)


def _read(path: Path) -> dict[bytes, CodeType]:
    try:
        known = marshal.loads(path.read_bytes())
    except (OSError, ValueError, EOFError, TypeError):
        return {}
    if not isinstance(known, dict) or not all(isinstance(code, CodeType) for code in known.values()):
        return {}
    return known
