"""The key that hashes personal data, as a table, for engines whose sessions carry no values: BigQuery and Redshift.

It stands in `raw`, which holds the clear text anyway: whoever may not read `raw` gains nothing by the hashes elsewhere.
"""

from __future__ import annotations

import pyarrow as pa

from ritournelle.transform.session import DbtSettings
from ritournelle.warehouse.base import Table, Warehouse

PII_KEY = Table("raw", "pii_key", pa.schema([("pii_key", pa.string())]), key=("pii_key",))


def keep_key(warehouse: Warehouse, settings: DbtSettings) -> None:
    """Write the key where the models look for it, unless it is there already or the session brings it."""
    if not settings.profile.key_in_table:
        return
    warehouse.ensure((PII_KEY,))
    if warehouse.read(f"SELECT pii_key FROM {PII_KEY}")["pii_key"].to_pylist() != [settings.pii_key]:
        warehouse.replace(PII_KEY, PII_KEY.rows([{"pii_key": settings.pii_key}]))
