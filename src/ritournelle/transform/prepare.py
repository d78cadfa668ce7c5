"""`python -m ritournelle.transform.prepare`: parse the project once, so that the first run of a home need not (4 s)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ritournelle.settings import Settings, load_settings
from ritournelle.transform.dbt_templates import compile_templates
from ritournelle.transform.session import DbtSettings, dbt_session


def prepare(settings: Settings) -> None:
    """Leave the parsed project and its compiled templates where homes with these settings look for them, on DuckDB;
    nothing else stays.
    """
    with tempfile.TemporaryDirectory(prefix="ritournelle-prepare-") as folder:
        parsing = DbtSettings(
            warehouse_url=f"duckdb:///{folder}/warehouse.duckdb",
            home=Path(folder),
            source_time_zone=settings.source.time_zone,
            half_life_days=settings.recommendation.half_life_days,
            pii_key="no data is read",
        )
        with dbt_session(parsing) as invoke:
            compile_templates(invoke(["parse"]).result)


if __name__ == "__main__":
    prepare(load_settings())
