"""How dbt's classes come to be in this process: compiled when they are needed, described once for each version."""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from ritournelle.transform.cache_folder import cache_folder, engine_versions, put


def compile_when_needed() -> None:
    """Call it before dbt is imported: its classes then write the code that reads and writes them at its first use.

    Most are never read or written: that code, for hundreds of classes, was a fifth of the import (0.3 s of 1.6).
    """
    from mashumaro.config import BaseConfig

    BaseConfig.lazy_compilation = True


class KeptSchemas:
    """The JSON schemas that dbt checks its project and profile by, derived from its classes once for each version.

    dbt derives nine of them in each process, 0.4 s. A cache that cannot be read or written is no error.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)
        self._before = len(self._known)

    def put_to_use(self) -> None:
        """From now on dbt asks here; call it when dbt is imported."""
        from dbt_common import dataclass_schema

        dataclass_schema.build_json_schema = self.schema_of  # type: ignore[attr-defined,assignment]

    def schema_of(self, described: type) -> Schema:
        """As mashumaro's `build_json_schema`, whose answer is asked for nothing but its `to_dict()`."""
        from mashumaro.jsonschema import build_json_schema

        name = f"{described.__module__}.{described.__qualname__}"
        if name not in self._known:
            self._known[name] = build_json_schema(described).to_dict()
        return Schema(self._known[name])

    def keep(self) -> None:
        """Write down what was derived."""
        if len(self._known) > self._before:
            with suppress(OSError):  # a full disk, or a home of others: the next run derives them again
                put(json.dumps(self._known).encode(), self._path)
                self._before = len(self._known)


class Schema:  # pylint: disable=too-few-public-methods
    """A schema, as a `JSONSchema` of mashumaro gives it."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._content = content

    def to_dict(self) -> dict[str, Any]:
        """The schema itself."""
        return self._content


def kept_schemas() -> KeptSchemas:
    """Those of the versions that are installed, in the folder that all homes share."""
    versions = sha256("\0".join(engine_versions()).encode()).hexdigest()[:24]
    return KeptSchemas(cache_folder() / f"schemas-{versions}.json")


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
