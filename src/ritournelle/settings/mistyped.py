"""Settings that are named almost right: a variable that nobody reads would otherwise be passed over in silence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import BaseModel

PREFIX, DELIMITER = "RITOURNELLE_", "__"


def variable_of(path: Sequence[str]) -> str:
    """The environment variable of a setting, as `RITOURNELLE_SOURCE__URL` of `source`, `url`."""
    return PREFIX + DELIMITER.join(path).upper()


def unread_variables(tree: type[BaseModel], names: Iterable[str]) -> list[str]:
    """A line for each variable among `names` that is meant to be a setting of `tree`, and is none.

    That is whoever names a section that does not exist, or would be right with its underscores put elsewhere. Other
    names that begin so are left alone: tests and child processes have some.
    """
    unread = []
    for name in sorted(names):
        section, delimiter, _ = name.upper().removeprefix(PREFIX).partition(DELIMITER)
        if not name.upper().startswith(PREFIX) or section.lower() in tree.model_fields:
            continue
        if delimiter or _flat(name) in map(_flat, _variables(tree)):
            unread.append(f"  {name}: {no_such_setting(tree, name.upper())}")
    return unread


def no_such_setting(tree: type[BaseModel], variable: str) -> str:
    """What to say of a variable that is no setting, with the one that was probably meant."""
    from difflib import get_close_matches  # here: 2 ms, and most often all names are right

    begun = [known for known in _variables(tree) if known.startswith(variable)]
    similar = get_close_matches(variable.removeprefix(PREFIX), _variables(tree, prefix=""), n=1, cutoff=0.8)
    meant = begun or [PREFIX + name for name in similar]
    return f"there is no such setting; did you mean {meant[0]}?" if meant else "there is no such setting"


def _variables(tree: type[BaseModel], prefix: str = PREFIX) -> list[str]:
    return [prefix + variable_of(path).removeprefix(PREFIX) for path in _paths(tree)]


def _paths(tree: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in tree.model_fields.items():
        kind: Any = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from ((name, *rest) for rest in _paths(kind))
        else:
            yield (name,)


def _flat(variable: str) -> str:
    return variable.upper().replace("_", "")
