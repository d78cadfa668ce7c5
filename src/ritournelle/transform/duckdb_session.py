"""What dbt gives to DuckDB: how many threads to use, and the key that hashes personal data, in no statement.

dbt-duckdb loads this module by the name that `profiles.yml` gives.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from ritournelle.transform.session import PII_KEY_VARIABLE, WORKING_THREADS_VARIABLE
from ritournelle.warehouse.duckdb_storing import passed_over


class Plugin(BasePlugin):  # pylint: disable=abstract-method  # it loads and stores nothing
    """Sets the threads, how to compress, and the session variable `pii_key`, which the macro `keyed_hash` reads."""

    def configure_connection(self, conn: Any) -> None:
        """Called when dbt opens the file."""
        methods = ",".join(passed_over(Path(os.environ["RITOURNELLE_TRANSFORM_DUCKDB_PATH"])))
        conn.execute(f"SET GLOBAL disabled_compression_methods = '{methods}'")
        threads = os.environ.get(WORKING_THREADS_VARIABLE)
        if threads:
            conn.execute(f"SET GLOBAL threads = {int(threads)}")

    def configure_cursor(self, cursor: Any) -> None:
        """Called for each session that dbt opens."""
        cursor.execute("SET VARIABLE pii_key = $1", [os.environ[PII_KEY_VARIABLE]])
