"""One contender, as a process of its own: `python -m benchmarks.transform.build (dbt | direct) HOME`.

`dbt` is the product's own build; `direct` executes the SQL that dbt compiled, models and data tests, in the same order
on a bare connection. Both write a JSON object into HOME/result.json.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from ritournelle.transform.runner import build
from ritournelle.transform.session import DbtSettings, dbt_session

KEY = "a key of the benchmark, long enough"
THREADS = 2


def settings_of(home: Path) -> DbtSettings:
    """The settings of a build in this home."""
    return DbtSettings(f"duckdb:///{home / 'warehouse.duckdb'}", home, "UTC", 90.0, KEY, threads=THREADS)


def with_dbt(home: Path) -> dict[str, Any]:
    """Build, and say how long each model took and what the tests found."""
    report = build(settings_of(home), check_freshness=False)
    return {
        "scope": report.scope,
        "problems": [str(problem) for problem in report.problems],
        "models": {f"{model.schema}.{model.name}": round(model.seconds, 2) for model in report.models},
        "rows": {f"{model.schema}.{model.name}": model.rows for model in report.models},
        "tests": round(sum(test.seconds for test in report.tests), 2),
    }


def compiled(home: Path) -> list[tuple[str, str, str]]:
    """What dbt would execute on a rebuild, in its order: kind (model or test), name, SQL."""
    with dbt_session(settings_of(home)) as invoke:
        outcome = invoke(["compile", "--full-refresh"])
    if outcome.exception is not None:
        raise outcome.exception
    nodes = [result.node for result in outcome.result.results]
    models = [node for node in nodes if node.resource_type == "model" and node.config.materialized != "ephemeral"]
    tests = [node for node in nodes if node.resource_type == "test"]
    return [("model", f"{node.schema}.{node.name}", node.compiled_code) for node in models] + [
        ("test", node.name, node.compiled_code) for node in tests
    ]


def directly(home: Path) -> dict[str, Any]:
    """Execute the statements of HOME/statements.json."""
    statements = json.loads((home / "statements.json").read_text(encoding="utf-8"))
    seconds: dict[str, float] = {}
    with duckdb.connect(
        str(home / "warehouse.duckdb"), config={"threads": THREADS, "memory_limit": "4GB"}
    ) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET VARIABLE pii_key = $1", [KEY])
        for schema in ("staging", "history", "core", "marts"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for kind, name, sql in statements:
            started = time.perf_counter()
            if kind == "model":
                connection.execute(f"CREATE OR REPLACE TABLE {name} AS {sql}")
            else:
                connection.execute(f"SELECT count(*) FROM ({sql}) AS found").fetchall()
            seconds[name if kind == "model" else "tests"] = (
                seconds.get(name if kind == "model" else "tests", 0) + time.perf_counter() - started
            )
    tests = seconds.pop("tests")
    return {"models": {name: round(value, 2) for name, value in seconds.items()}, "tests": round(tests, 2)}


def main() -> None:
    """Run the contender that the command line names."""
    contender, home = sys.argv[1], Path(sys.argv[2])
    result = with_dbt(home) if contender == "dbt" else directly(home)
    (home / "result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
