"""Compiled code by the text that it was compiled from, kept between processes as Python keeps that of modules."""

from __future__ import annotations

import marshal
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import CodeType

from ritournelle.bytecode.cache_folder import put

_MOST = 5_000
"""Texts from which on the cache begins anew."""


class KeptCode:
    """One file of code. A cache that cannot be read or written is no error: the code is compiled then.

    Args:
        path: Where it lies; its name tells versions apart, that of Python as well.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)
        self._before = len(self._known)

    def code_of(self, text: str, compiled: Callable[[], CodeType]) -> CodeType:
        """The code of a text; `compiled` makes it where it is not known."""
        key = sha256(text.encode()).digest()
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


def _read(path: Path) -> dict[bytes, CodeType]:
    try:
        known = marshal.loads(path.read_bytes())
    except (OSError, ValueError, EOFError, TypeError):
        return {}
    if not isinstance(known, dict) or not all(isinstance(code, CodeType) for code in known.values()):
        return {}
    return known
