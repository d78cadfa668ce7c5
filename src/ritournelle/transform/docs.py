"""dbt's own documentation of the project, with its lineage, as one page that needs no network."""

from __future__ import annotations

from pathlib import Path

from ritournelle.errors import TransformError
from ritournelle.transform.session import DbtSettings, dbt_session


def write_docs(settings: DbtSettings) -> Path:
    """Write the page and return its path: every model, column, test and exposure, and the graph of them all.

    The warehouse must not be open in this process meanwhile: dbt asks it for the columns and row counts of each table.
    Raises `TransformError` when dbt could not write it.
    """
    with dbt_session(settings) as invoke:
        outcome = invoke(["docs", "generate", "--static"])
    if outcome.exception is not None or not outcome.success:
        reason = outcome.exception or "a model could not be compiled"
        raise TransformError(f"dbt could not write its documentation: {reason}\n  dbt's log: {settings.log_path}")
    return settings.folder / "target" / "static_index.html"
