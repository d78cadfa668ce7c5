"""From the warehouse's URL to dbt's profile: the target in `profiles.yml`, and the variables that fill it in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ritournelle.errors import SettingsError
from ritournelle.warehouse.connect import duckdb_path
from ritournelle.warehouse.dlt_address import bigquery_parts, redshift_parts
from ritournelle.warehouse.postgres_address import CONNECT_TIMEOUT_SECONDS, PostgresAddress, is_postgres

_LIBPQ_VARIABLES = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
}
"""Options of the URL that reach libpq past dbt."""


@dataclass(frozen=True)
class Profile:
    """A target of `profiles.yml` and its environment, which holds secrets.

    `database` is the name that dbt gives the place of all models.
    `key_in_table`: the engine's sessions cannot carry the key that hashes personal data; models read it in `raw`.
    """

    target: str
    database: str
    environment: Mapping[str, str] = field(repr=False)
    key_in_table: bool = False


def profile_of(warehouse_url: str, *, threads: int, pii_key: str, memory_gigabytes: float = 4.0) -> Profile:
    """The profile for a warehouse; raises `SettingsError` for an engine without one."""
    warehouse_url = warehouse_url.removeprefix("dlt+")  # dbt does not care who loads
    path = duckdb_path(warehouse_url)
    if path is not None:
        found = {
            "RITOURNELLE_TRANSFORM_DUCKDB_PATH": str(path.absolute()),
            "RITOURNELLE_TRANSFORM_DUCKDB_THREADS": str(threads),
            "RITOURNELLE_TRANSFORM_DUCKDB_MEMORY": f"{memory_gigabytes}GB",
        }
        return Profile("duckdb", path.stem, found)
    if is_postgres(warehouse_url):
        return _postgres(PostgresAddress.of(warehouse_url), threads, pii_key)
    if warehouse_url.startswith("bigquery:"):
        return _bigquery(bigquery_parts(warehouse_url), threads)
    if warehouse_url.startswith("redshift:"):
        return _redshift(redshift_parts(warehouse_url), threads)
    raise SettingsError(f"warehouse.url: no dbt profile for {warehouse_url.split(':', 1)[0]!r}")


def _postgres(address: PostgresAddress, threads: int, pii_key: str) -> Profile:
    """dbt masks what stands in DBT_ENV_SECRET_ variables; PGOPTIONS it does not know at all, so that it logs none."""
    sent = {"timezone": "UTC", "client_min_messages": "warning", "ritournelle.pii_key": pii_key}
    options = [address.options.get("options", ""), *(f"-c {name}={_escaped(value)}" for name, value in sent.items())]
    found = {
        "RITOURNELLE_TRANSFORM_POSTGRES_HOST": address.host,
        "RITOURNELLE_TRANSFORM_POSTGRES_PORT": str(address.port),
        "RITOURNELLE_TRANSFORM_POSTGRES_USER": address.user,
        "RITOURNELLE_TRANSFORM_POSTGRES_DATABASE": address.database,
        "RITOURNELLE_TRANSFORM_POSTGRES_THREADS": str(threads),
        "RITOURNELLE_TRANSFORM_POSTGRES_TIMEOUT": address.options.get("connect_timeout", str(CONNECT_TIMEOUT_SECONDS)),
        "DBT_ENV_SECRET_RITOURNELLE_POSTGRES_PASSWORD": address.password,
        "PGOPTIONS": " ".join(options).strip(),
    }
    secured = {
        variable: address.options[name] for name, variable in _LIBPQ_VARIABLES.items() if name in address.options
    }
    return Profile("postgres", address.database, found | secured)


def _bigquery(parts: Mapping[str, str], threads: int) -> Profile:
    found = {
        "RITOURNELLE_TRANSFORM_BIGQUERY_PROJECT": parts["project"],
        "RITOURNELLE_TRANSFORM_BIGQUERY_DATASET": parts["dataset"],
        "RITOURNELLE_TRANSFORM_BIGQUERY_LOCATION": parts.get("location", "US"),
        "RITOURNELLE_TRANSFORM_BIGQUERY_THREADS": str(threads),
    }
    return Profile("bigquery", f"{parts['project']}.{parts['dataset']}", found, key_in_table=True)


def _redshift(parts: Mapping[str, str], threads: int) -> Profile:
    found = {
        "RITOURNELLE_TRANSFORM_REDSHIFT_HOST": parts["host"],
        "RITOURNELLE_TRANSFORM_REDSHIFT_PORT": parts["port"],
        "RITOURNELLE_TRANSFORM_REDSHIFT_USER": parts["user"],
        "RITOURNELLE_TRANSFORM_REDSHIFT_DATABASE": parts["database"],
        "RITOURNELLE_TRANSFORM_REDSHIFT_THREADS": str(threads),
        "DBT_ENV_SECRET_RITOURNELLE_REDSHIFT_PASSWORD": parts["password"],
    }
    return Profile("redshift", parts["database"], found, key_in_table=True)


def _escaped(value: str) -> str:
    """A value within PGOPTIONS, where blanks separate and backslashes escape."""
    return re.sub(r"([\\\s])", r"\\\1", value)
