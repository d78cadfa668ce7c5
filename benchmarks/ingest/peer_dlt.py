"""dlt's `rest_api` source as one process: three endpoints, merged by key into DuckDB through Parquet files.

Tuned as its documentation advises: items stay JSON (no child tables), every column is declared (nothing is inferred),
Parquet load files, large buffers, endpoints read in parallel, one normalising process, no telemetry.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

TUNING = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "DATA_WRITER__BUFFER_MAX_ITEMS": "50000",
    "NORMALIZE__WORKERS": "1",
}
KEYS = {"tracks": ["id"], "users": ["id"], "listen_history": ["user_id", "created_at"]}
TEXTS = {
    "tracks": ["name", "artist", "songwriters", "duration", "genres", "album"],
    "users": ["first_name", "last_name", "email", "gender", "favorite_genres"],
    "listen_history": [],
}
DATABASE = "dlt.duckdb"
DATASET = "app"


def main() -> None:
    """Read the command line and load."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--url", required=True)
    arguments.add_argument("--home", type=Path, required=True)
    chosen = arguments.parse_args()
    # dlt reads these when it is imported
    os.environ.update(TUNING, DLT_DATA_DIR=str(chosen.home / "dlt"), DLT_PROJECT_DIR=str(chosen.home))
    load(chosen.url, chosen.home)


def load(url: str, home: Path) -> None:
    """Extract, normalize and load all three endpoints; raises when a job failed."""
    import dlt
    from dlt.sources.rest_api import rest_api_source

    source = rest_api_source(_configuration(url), max_table_nesting=0)
    pipeline = dlt.pipeline(
        "benchmark", destination=dlt.destinations.duckdb(str(home / DATABASE)), dataset_name=DATASET
    )
    pipeline.run(source, loader_file_format="parquet").raise_on_failed_jobs()


def _configuration(url: str) -> Any:
    endpoint = {
        "params": {"size": 100},
        "data_selector": "items",
        "paginator": {"type": "page_number", "base_page": 1, "page_param": "page", "total_path": "pages"},
    }
    return {
        "client": {"base_url": f"{url}/"},
        "resource_defaults": {"write_disposition": "merge", "parallelized": True, "endpoint": endpoint},
        "resources": [
            {"name": name, "primary_key": key, "columns": _columns(name), "endpoint": {"path": name}}
            for name, key in KEYS.items()
        ],
    }


def _columns(name: str) -> dict[str, Any]:
    kinds = {key: "bigint" for key in ("id", "user_id") if key in KEYS[name]}
    kinds |= {text: "text" for text in TEXTS[name]}
    kinds |= {"items": "json"} if name == "listen_history" else {}
    kinds |= {"created_at": "timestamp", "updated_at": "timestamp"}
    naive = {"timezone": False}
    return {column: {"data_type": kind} | (naive if kind == "timestamp" else {}) for column, kind in kinds.items()}


if __name__ == "__main__":
    main()
