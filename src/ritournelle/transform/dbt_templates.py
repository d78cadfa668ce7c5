"""What Jinja makes of dbt's macros and models: compiled once for each version, as Python's own modules are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from ritournelle.bytecode.kept_code import KeptCode
from ritournelle.transform.engine_versions import code_version, dbt_cache_folder

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


class KeptTemplates:
    """Compiled templates by what they were compiled from.

    dbt has Jinja compile each macro and model in each process, 0.3 to 0.6 s of a small build: the shipped project and
    dbt's own macros are about 1,100. A cache that cannot be read or written is no error.
    """

    def __init__(self, path: Path) -> None:
        self._kept = KeptCode(path)

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
        return self._kept.code_of(f"{language}\0{source}", compiled)

    def keep(self) -> None:
        """Write down what was compiled."""
        self._kept.keep()


def kept_templates() -> KeptTemplates:
    """Those of the versions that are installed, in the folder that all homes share."""
    return KeptTemplates(dbt_cache_folder() / f"templates-{code_version()}.marshal")


def compile_templates(manifest: Manifest) -> None:
    """Have Jinja compile, and `KeptTemplates` keep, the macros and models that a build of this project may need."""
    from dbt_common.clients.jinja import get_environment

    environment = get_environment()
    texts = [macro.macro_sql for macro in manifest.macros.values()]
    for text in [*texts, *(node.raw_code for node in manifest.nodes.values())]:
        environment.compile(text)
