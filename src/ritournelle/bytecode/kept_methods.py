"""The methods of data classes, compiled once for each version of Python."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ritournelle.bytecode.kept_code import KeptCode


class KeptMethods:
    """What the standard library writes as text for each data class, and has Python compile in each process.

    Compiling anew was a sixth of the import of dbt with its 2,000 texts (0.15 s of 0.9), and a tenth of all imports of
    an ingestion with its 150 classes (0.05 s of 0.6).

    Args:
        path: The file that keeps them; see `KeptCode`.
    """

    def __init__(self, path: Path) -> None:
        self._kept = KeptCode(path)

    @contextmanager
    def put_to_use(self) -> Iterator[None]:
        """While the block runs, data classes are made of what is kept; call it before they are imported."""
        names: dict[str, Any] = vars(dataclasses)
        outer = names.get("exec")
        names["exec"] = self._executed  # it asks by this name for the builtin, and has no hook
        try:
            yield
        finally:
            if outer is None:
                del names["exec"]
            else:
                names["exec"] = outer

    def _executed(self, text: str, scope: dict[str, Any] | None, names: dict[str, Any]) -> None:
        # Without `dont_inherit` this module's own `annotations` would be those of the methods.
        code = self._kept.code_of(text, lambda: compile(text, "<string>", "exec", dont_inherit=True))
        exec(code, scope, names)  # pylint: disable=exec-used  # in the place of an `exec` of the standard library

    def keep(self) -> None:
        """Write down what was compiled."""
        self._kept.keep()
