"""PostgreSQL's URLs, taken apart and put together."""

from __future__ import annotations

import unittest
from urllib.parse import parse_qs, urlsplit

from ritournelle.errors import SettingsError
from ritournelle.warehouse.connect import place
from ritournelle.warehouse.postgres_address import PostgresAddress, is_postgres


class PostgresAddressTest(unittest.TestCase):
    """`PostgresAddress`."""

    def test_all_parts(self) -> None:
        """Percent-encoded ones are decoded."""
        found = PostgresAddress.of("postgresql://ada%40x:p%2Fw%20%3A@db.example:6432/music%20app?sslmode=require")
        self.assertEqual(
            (found.host, found.port, found.user, found.database), ("db.example", 6432, "ada@x", "music app")
        )
        self.assertEqual((found.password, dict(found.options)), ("p/w :", {"sslmode": "require"}))

    def test_what_is_not_said(self) -> None:
        """The port is PostgreSQL's, the password may come from libpq's own places, the host may be a socket's folder."""
        found = PostgresAddress.of("postgres://ada@localhost/music")
        self.assertEqual((found.port, found.password), (5432, ""))
        self.assertNotIn("password", found.connection_uri)
        socket = PostgresAddress.of("postgresql://ada@/music?host=/run/postgresql")
        self.assertEqual((socket.host, dict(socket.options)), ("/run/postgresql", {}))
        self.assertEqual(PostgresAddress.of("postgresql://ada@[::1]:6432/music").port, 6432)

    def test_what_libpq_gets_is_what_was_said(self) -> None:
        """Special signs are encoded by `%`: libpq knows no `+`."""
        uri = PostgresAddress.of(
            "postgresql://ada:p%2Fw%20%2B%26@h:1/m?sslmode=require&connect_timeout=3"
        ).connection_uri
        self.assertNotIn("+", uri)
        found = {name: values for name, (values,) in parse_qs(urlsplit(uri).query).items()}
        expected = {"host": "h", "port": "1", "user": "ada", "dbname": "m", "password": "p/w +&", "sslmode": "require"}
        self.assertEqual(found, expected | {"connect_timeout": "3", "application_name": "ritournelle"})

    def test_what_is_missing_is_named(self) -> None:
        """And no password is shown."""
        for url, reason in {
            "postgresql://localhost/music": "names no user",
            "postgresql://ada:secret@localhost": "names no database",
            "postgresql://:secret@/": "names no host and no user and no database",
            "postgresql://ada:secret@one:1,two:2/music": "is not a port",
        }.items():
            with self.subTest(url=url), self.assertRaisesRegex(SettingsError, reason) as caught:
                PostgresAddress.of(url)
            self.assertNotIn("secret", str(caught.exception))

    def test_what_is_shown(self) -> None:
        """Neither user nor password."""
        url = "postgresql://ada:secret@db:6432/music"
        self.assertEqual((str(PostgresAddress.of(url)), place(url)), ("db:6432/music", "db:6432/music"))
        self.assertNotIn("secret", repr(PostgresAddress.of(url)))
        self.assertEqual((place("duckdb:////a/b"), place("oracle://x:y@z")), ("/a/b", "oracle"))

    def test_schemes(self) -> None:
        """Both of libpq's, and no other."""
        self.assertEqual(
            [is_postgres(f"{name}://h/d") for name in ("postgresql", "postgres", "mysql")], [True, True, False]
        )


if __name__ == "__main__":
    unittest.main()
