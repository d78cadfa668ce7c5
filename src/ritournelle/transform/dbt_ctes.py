"""How dbt puts the text of ephemeral models into that of models which read them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dbt import compilation
from dbt.artifacts.resources.v1.components import InjectedCTE

_BEGINS_WITH_CTES = re.compile(r"\s*with\s+(?!recursive\b)(?=\S)", re.IGNORECASE)
_inject_as_ever = compilation.inject_ctes_into_sql


def inject_by_first_word() -> None:
    """From now on, in this process, SQL that begins with `with` is not taken apart for that.

    dbt has sqlparse do it, which groups every word of the model: .1 s of CPU for the seven that read ephemeral ones.
    """
    compilation.inject_ctes_into_sql = _inject


def _inject(sql: str, ctes: Sequence[InjectedCTE]) -> str:
    """The same text. What begins otherwise, or is several statements, is dbt's to judge."""
    begins = _BEGINS_WITH_CTES.match(sql)
    if begins is None or not ctes or ";" in sql:
        return _inject_as_ever(sql, list(ctes))
    place = begins.end()
    return f"{sql[:place]}{', '.join(one.sql for one in ctes)}, {sql[place:]}"
