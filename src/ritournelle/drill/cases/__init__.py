"""All critical cases, family by family."""

from __future__ import annotations

from ritournelle.drill.case import Case
from ritournelle.drill.cases import (
    freshness,
    identity,
    model,
    paging,
    schema_drift,
    serving,
    storage,
    transport,
    values,
    volume,
)
from ritournelle.errors import SettingsError

CASES: tuple[Case, ...] = (
    *transport.CASES,
    *paging.CASES,
    *schema_drift.CASES,
    *values.CASES,
    *volume.CASES,
    *freshness.CASES,
    *identity.CASES,
    *storage.CASES,
    *model.CASES,
    *serving.CASES,
)
"""In the order of `SOURCE_API.md`."""


def chosen(names: tuple[str, ...] = (), family: str | None = None) -> tuple[Case, ...]:
    """The cases of these names, or of this family, or all; `SettingsError` for one that does not exist."""
    known = {case.name: case for case in CASES}
    for name in names:
        if name not in known:
            raise SettingsError(
                f"there is no case {name!r}; `ritournelle drill --list` shows the {len(known)} that are"
            )
    if family is not None and family not in {case.family for case in CASES}:
        families = ", ".join(dict.fromkeys(case.family.value for case in CASES))
        raise SettingsError(f"there is no family {family!r}; there are: {families}")
    return tuple(case for case in CASES if (not names or case.name in names) and family in (None, case.family.value))
