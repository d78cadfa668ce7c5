"""Where a PostgreSQL warehouse is: `postgresql://user:password@host:port/database?sslmode=…`, taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from ritournelle.errors import SettingsError

SCHEMES = ("postgresql", "postgres")
CONNECT_TIMEOUT_SECONDS = 10
"""libpq's own default is to wait for ever."""


@dataclass(frozen=True)
class PostgresAddress:
    """The parts of the URL; as text, what a message may show: neither user nor password.

    `options` are libpq's further parameters (`sslmode`, `sslrootcert`, `connect_timeout` …).
    """

    host: str
    port: int
    user: str
    database: str
    password: str = field(default="", repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, url: str) -> Self:
        """From a URL; raises `SettingsError` that names what is missing, and not the password."""
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        host = unquote(parts.hostname or "") or options.pop("host", "")
        given = {"host": host, "user": unquote(parts.username or ""), "database": unquote(parts.path.lstrip("/"))}
        missing = [name for name, value in given.items() if not value]
        if missing:
            form = "postgresql://user:password@host:5432/database"
            raise SettingsError(f"warehouse.url names no {' and no '.join(missing)}; it must look like {form}")
        return cls(port=_port(parts.netloc), password=unquote(parts.password or ""), options=options, **given)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}/{self.database}"

    @property
    def connection_uri(self) -> str:
        """What libpq connects with; it holds the password."""
        named = {"host": self.host, "port": str(self.port), "user": self.user, "dbname": self.database}
        secret = {"password": self.password} if self.password else {}
        defaults = {"connect_timeout": str(CONNECT_TIMEOUT_SECONDS), "application_name": "ritournelle"}
        return "postgresql://?" + urlencode(defaults | dict(self.options) | named | secret, quote_via=quote)


def is_postgres(url: str) -> bool:
    """Whether a URL names a PostgreSQL warehouse."""
    return url.split("://", 1)[0] in SCHEMES


def _port(netloc: str) -> int:
    """The port of `user:password@host:port`, 5432 when none is given."""
    text = netloc.rpartition("@")[2].rpartition("]")[2].partition(":")[2] or "5432"
    if not text.isdigit():
        raise SettingsError(f"warehouse.url: {text!r} is not a port; one server, such as host:5432, can be named")
    return int(text)
