"""What an engine cannot do is refused by name, before anything is touched."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ritournelle.bootstrap import Platform
from ritournelle.day import Day
from ritournelle.errors import PermanentError
from ritournelle.settings import load_settings
from ritournelle.warehouse.limits import require_backfill, require_compact

BIGQUERY = "bigquery://project/dataset"
REDSHIFT = "redshift://loader:a%20secret@cluster.example:5439/music"
TRIED = ("dlt+duckdb:////tmp/try.duckdb", "dlt+postgresql://loader:a%20secret@localhost:5432/music")
BUILT_IN = ("duckdb:////tmp/warehouse.duckdb", "postgresql://loader@localhost:5432/music")


def day(home: Path, url: str) -> Day:
    return Day(Platform(load_settings(home=home, warehouse={"url": url})))


@pytest.mark.parametrize("url", [BIGQUERY, REDSHIFT, *TRIED])
def test_no_backfill_where_dlt_loads(url: str, tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="cannot be backfilled.*`ritournelle warehouse copy`") as refused:
        day(tmp_path / "home", url).backfill(date(2024, 3, 1))
    assert "a secret" not in str(refused.value) and "a%20secret" not in str(refused.value)
    assert not (tmp_path / "home").exists()


def test_no_compact_where_staging_is_made_anew(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="bigquery://project/dataset.*would leave history too"):
        day(tmp_path / "home", BIGQUERY).compact()
    assert not (tmp_path / "home").exists()


def test_everything_else_is_let_through() -> None:
    for url in BUILT_IN:
        require_backfill(url)
    for url in (*BUILT_IN, *TRIED, REDSHIFT):
        require_compact(url)
