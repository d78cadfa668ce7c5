"""What dbt is told about a PostgreSQL warehouse."""

from __future__ import annotations

import unittest
from pathlib import Path

import yaml  # type: ignore[import-untyped]  # comes with dbt

from ritournelle.errors import SettingsError
from ritournelle.transform.profile import profile_of
from ritournelle.transform.session import PROJECT_FOLDER, DbtSettings

URL = "postgresql://ada:pass%20word@db.example:6432/music?sslmode=verify-full&sslrootcert=/ca.pem&connect_timeout=3"
PREFIX = "RITOURNELLE_TRANSFORM_POSTGRES_"


class ProfileTest(unittest.TestCase):
    """`profile_of`."""

    def test_postgres(self) -> None:
        """Every part of the URL arrives."""
        profile = profile_of(URL, threads=4, pii_key="secret")
        self.assertEqual(profile.target, "postgres")
        named = {
            "HOST": "db.example",
            "PORT": "6432",
            "USER": "ada",
            "DATABASE": "music",
            "THREADS": "4",
            "TIMEOUT": "3",
        }
        expected = {PREFIX + name: value for name, value in named.items()}
        expected |= {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/ca.pem"}
        expected |= {"DBT_ENV_SECRET_RITOURNELLE_POSTGRES_PASSWORD": "pass word"}
        expected |= {"PGOPTIONS": "-c timezone=UTC -c client_min_messages=warning -c ritournelle.pii_key=secret"}
        self.assertEqual(profile.environment, expected)

    def test_the_key_is_escaped_for_libpq(self) -> None:
        """Blanks would end it, backslashes escape."""
        options = profile_of(URL, threads=1, pii_key="a key\\with\tall").environment["PGOPTIONS"]
        self.assertTrue(options.endswith("ritournelle.pii_key=a\\ key\\\\with\\\tall"))

    def test_options_of_the_url_come_first(self) -> None:
        """They may set a role, and cannot change the time zone."""
        options = profile_of(URL + "&options=-c%20role%3Dloader", threads=1, pii_key="secret").environment["PGOPTIONS"]
        self.assertTrue(options.startswith("-c role=loader -c timezone=UTC"))

    def test_every_variable_of_the_profile_is_set(self) -> None:
        """What `profiles.yml` asks for is what is given."""
        profiles = yaml.safe_load((PROJECT_FOLDER / "profiles.yml").read_text(encoding="utf-8"))
        asked = str(profiles["ritournelle"]["outputs"]["postgres"])
        given = [name for name in profile_of(URL, threads=1, pii_key="secret").environment if not name.startswith("PG")]
        self.assertEqual(asked.count("env_var("), len(given))
        self.assertEqual([name for name in given if name not in asked], [])

    def test_no_secret_is_shown(self) -> None:
        """In no representation, which reaches tracebacks, and in no flag."""
        settings = DbtSettings(URL, Path("/data"), "UTC", 30.0, "secret")
        shown = [repr(settings), repr(settings.profile), *settings.command_flags()]
        self.assertEqual([text for text in shown if "secret" in text or "pass" in text], [])
        flags = settings.command_flags()
        self.assertEqual(flags[flags.index("--target") + 1], "postgres")

    def test_other_engines(self) -> None:
        """Have none."""
        with self.assertRaisesRegex(SettingsError, "no dbt profile for 'oracle'"):
            profile_of("oracle://ada:pw@host/db", threads=1, pii_key="secret")


if __name__ == "__main__":
    unittest.main()
