"""How dbt's classes come to be in this process: compiled when they are needed, described once for each version."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from ritournelle.bytecode.cache_folder import put
from ritournelle.bytecode.kept_methods import KeptMethods
from ritournelle.transform.engine_versions import code_version, dbt_cache_folder, engine_versions


def compile_when_needed() -> None:
    """Call it before dbt is imported: its classes then write the code that reads and writes them at its first use.

    Most are never read or written: that code, for hundreds of classes, was a third of the import (0.6 s of 1.6). Half
    of that is saved by mashumaro's own lazy compilation, half by not even looking at the fields before.
    """
    from mashumaro.config import BaseConfig
    from mashumaro.core.meta import mixin
    from mashumaro.mixins import dict as mixins

    BaseConfig.lazy_compilation = True
    readers = _at_first_use(mixin.compile_mixin_unpacker, "from", classmethod)
    writers = _at_first_use(mixin.compile_mixin_packer, "to", lambda method: method)
    vars(mixins).update(compile_mixin_unpacker=readers, compile_mixin_packer=writers)


def _at_first_use(
    compile_methods: Callable[..., None], direction: str, bound: Callable[[Any], Any]
) -> Callable[..., None]:
    """`compile_methods` of mashumaro, put off until the first call of what it would put into the class."""

    def postponed(described: type, format_name: str = "dict", **options: Any) -> None:
        public = f"{direction}_{format_name}"
        inner = f"__mashumaro_{public}__"

        def first(of: Any, *values: Any, **flags: Any) -> Any:
            compile_methods(described, format_name=format_name, **options)
            return getattr(of, inner)(*values, **flags)

        for name in (inner, public):
            setattr(described, name, bound(first))

    return postponed


def kept_methods() -> KeptMethods:
    """Those of the versions that are installed, in the folder that all homes share."""
    return KeptMethods(dbt_cache_folder() / f"methods-{code_version()}.marshal")


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
    return KeptSchemas(dbt_cache_folder() / f"schemas-{versions}.json")


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        known = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
