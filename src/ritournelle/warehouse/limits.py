"""What some engines cannot do: said before anything is touched."""

from __future__ import annotations

from ritournelle.errors import PermanentError
from ritournelle.warehouse.connect import place


def require_backfill(url: str) -> None:
    """Raise `PermanentError` for engines that dlt loads: a backfill reads what its own transaction has written."""
    from ritournelle.warehouse.dlt_address import is_dlt

    if is_dlt(url):
        raise PermanentError(
            f"days cannot be backfilled in {place(url)}: a backfill reads what it has just written, which dlt shows "
            "only after the transaction. Load the days into a DuckDB or PostgreSQL warehouse of this home, then bring "
            "it here with `ritournelle warehouse copy`. Nothing was touched"
        )


def require_compact(url: str) -> None:
    """Raise `PermanentError` for BigQuery, where staging is made anew from raw: it would lose what raw loses."""
    if url.startswith("bigquery:"):
        raise PermanentError(
            f"raw cannot be compacted in {place(url)}: on BigQuery staging is made anew from raw every day, so that "
            "versions that leave raw would leave history too. Landed pages still go after each good run. Nothing was "
            "touched"
        )
