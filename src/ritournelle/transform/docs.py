"""dbt's own documentation of the project, with its lineage, as one page that needs no network."""

from __future__ import annotations

import re
from pathlib import Path

from ritournelle.errors import PermanentError, TransformError
from ritournelle.transform.session import DbtSettings, dbt_session
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.connect import place

_TRACKER = re.compile(r'"//[\w.-]+/[\d.]+/sp\.js"')
"""The script that dbt's page would fetch where dbt may report usage, which it may not here."""


def require_built(warehouse: Warehouse) -> None:
    """Raise `PermanentError` when there is nothing to document: no transform has built the star yet."""
    if not warehouse.exists("core", "fact_listen_history"):
        raise PermanentError(
            f"nothing was built in {place(warehouse.url)} yet; `ritournelle run`, or `ritournelle transform` after an "
            "ingest, builds what there is to document"
        )


def publish_docs(settings: DbtSettings) -> Path:
    """Write the page and put it, at once, where other pages link to it: `<home>/published/docs.html`; return that path.

    It names no folder of this machine. Errors as in `write_docs`.
    """
    text = write_docs(settings).read_text(encoding="utf-8")
    text = _TRACKER.sub('"about:blank"', text.replace(f"{settings.folder}/", ""))
    page = settings.home.absolute() / "published" / "docs.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    draft = page.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    return draft.replace(page)


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
