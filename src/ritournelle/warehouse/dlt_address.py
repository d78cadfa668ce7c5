"""Where a warehouse behind dlt is: its URL taken apart, dlt's destination for it, and the engine that it speaks to.

Understood: `bigquery://project/dataset?location=EU`, `redshift://user:password@host:port/database?staging=s3://…`, and,
to try the same code without an account, `dlt+duckdb:///path` and `dlt+postgresql://user:password@host:port/database`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ritournelle.errors import SettingsError
from ritournelle.warehouse.dlt_engines import BigQuery, DuckDB, Engine, Redshift

INCOMING = "ritournelle_incoming"
"""The schema through which rows come, with dlt's own tables; nothing in it outlives the connection."""


@dataclass(frozen=True)
class DltAddress:
    """A warehouse that dlt loads; as text, what a message may show: neither user nor password."""

    shown: str
    engine: Engine
    incoming: str
    file_format: str
    destination: Callable[[], Any] = field(repr=False)
    staging: Callable[[], Any] | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return self.shown


def is_dlt(url: str) -> bool:
    """Whether a URL names a warehouse that is loaded through dlt."""
    return url.split(":", 1)[0] in _READERS


def dlt_address(url: str) -> DltAddress:
    """From a URL; raises `SettingsError` that names what is missing, and not the password."""
    return _READERS[url.split(":", 1)[0]](url)


def bigquery_parts(url: str) -> dict[str, str]:
    """`project`, `dataset` and, if it is named, `location`; raises `SettingsError` when one of the first is missing."""
    parts = urlsplit(url)
    given = {"project": parts.netloc, "dataset": parts.path.strip("/"), **dict(parse_qsl(parts.query))}
    missing = [name for name in ("project", "dataset") if not given[name]]
    if missing or "/" in given["dataset"]:
        raise SettingsError("warehouse.url must look like bigquery://project/dataset?location=EU")
    return given


def redshift_parts(url: str) -> dict[str, str]:
    """`host`, `port`, `user`, `password`, `database`, and the options `staging` and `iam_role` where they are given."""
    parts = urlsplit(url)
    given = {
        "host": parts.hostname or "",
        "port": parts.netloc.rpartition("@")[2].partition(":")[2] or "5439",
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.strip("/")),
    }
    missing = [name for name, value in given.items() if not value]
    if missing or not given["port"].isdigit():
        form = "redshift://user:password@host:5439/database?staging=s3://bucket/prefix"
        raise SettingsError(f"warehouse.url names no usable {', '.join(missing) or 'port'}; it must look like {form}")
    return given | dict(parse_qsl(parts.query))


def _bigquery(url: str) -> DltAddress:
    parts = bigquery_parts(url)

    def destination() -> Any:
        import dlt

        return dlt.destinations.bigquery(location=parts.get("location", "US"), project_id=parts["project"])

    shown = f"bigquery://{parts['project']}/{parts['dataset']}"
    return DltAddress(shown, BigQuery(), f"{parts['dataset']}_incoming", "parquet", destination)


def _redshift(url: str) -> DltAddress:
    parts = redshift_parts(url)
    bucket = parts.get("staging")

    def destination() -> Any:
        import dlt

        return dlt.destinations.redshift(credentials=_credentials(parts), staging_iam_role=parts.get("iam_role"))

    def staging() -> Any:
        import dlt

        return dlt.destinations.filesystem(bucket_url=str(bucket))

    shown = f"redshift://{parts['host']}:{parts['port']}/{parts['database']}"
    if bucket is None:  # through INSERT statements: slow, and enough to begin with
        return DltAddress(shown, Redshift(), INCOMING, "insert_values", destination)
    return DltAddress(shown, Redshift(), INCOMING, "parquet", destination, staging)


def _duckdb(url: str) -> DltAddress:
    path = url.removeprefix("dlt+duckdb:///")

    def destination() -> Any:
        import dlt

        return dlt.destinations.duckdb(path)

    return DltAddress(f"dlt+duckdb:///{path}", DuckDB(), INCOMING, "parquet", destination)


def _postgres(url: str) -> DltAddress:
    parts = redshift_parts(url)

    def destination() -> Any:
        import dlt

        return dlt.destinations.postgres(credentials=_credentials(parts))

    shown = f"dlt+postgresql://{parts['host']}:{parts['port']}/{parts['database']}"
    return DltAddress(shown, Engine(), INCOMING, "insert_values", destination)


def _credentials(parts: dict[str, str]) -> dict[str, Any]:
    return {
        "host": parts["host"],
        "port": int(parts["port"]),
        "username": parts["user"],
        "password": parts["password"],
        "database": parts["database"],
    }


_READERS: dict[str, Callable[[str], DltAddress]] = {
    "bigquery": _bigquery,
    "redshift": _redshift,
    "dlt+duckdb": _duckdb,
    "dlt+postgresql": _postgres,
}
