"""What each DuckDB session of dbt is given: the key that hashes personal data, where no statement shows it.

dbt-duckdb loads this module by the name that `profiles.yml` gives.
"""

from __future__ import annotations

import os

from dbt.adapters.duckdb.plugins import BasePlugin

from ritournelle.transform.session import PII_KEY_VARIABLE


class Plugin(BasePlugin):  # pylint: disable=abstract-method  # it loads and stores nothing
    """Sets the session variable `pii_key`, which the macro `keyed_hash` reads."""

    def configure_cursor(self, cursor: object) -> None:
        """Called for each session that dbt opens."""
        cursor.execute("SET VARIABLE pii_key = $1", [os.environ[PII_KEY_VARIABLE]])  # type: ignore[attr-defined]
