"""What dbt is told: paths, variables, and a key that stays out of sight."""

from __future__ import annotations

import json
import unittest
from dataclasses import replace
from pathlib import Path

from ritournelle.errors import SettingsError
from ritournelle.transform.session import PII_KEY_VARIABLE, PROJECT_FOLDER, WORKING_THREADS_VARIABLE, DbtSettings


def settings(url: str = "duckdb:////data/w.duckdb", key: str = "secret") -> DbtSettings:
    """Settings of a home at /data."""
    return DbtSettings(url, Path("/data"), "Europe/Paris", 30.0, key, threads=3)


class DbtSettingsTest(unittest.TestCase):
    """`DbtSettings`."""

    def test_environment(self) -> None:
        """The profile finds its file, threads and memory, the session its key."""
        self.assertEqual(
            settings().environment(),
            {
                "RITOURNELLE_TRANSFORM_DUCKDB_PATH": "/data/w.duckdb",
                "RITOURNELLE_TRANSFORM_DUCKDB_THREADS": "3",
                "RITOURNELLE_TRANSFORM_DUCKDB_MEMORY": "4.0GB",
                PII_KEY_VARIABLE: "secret",
            },
        )

    def test_a_small_build_has_one_thread(self) -> None:
        """Past the profile, which dbt would parse everything again for."""
        small = replace(settings(), is_small=True)
        self.assertEqual(small.environment(), settings().environment() | {WORKING_THREADS_VARIABLE: "1"})
        profiles = (PROJECT_FOLDER / "profiles.yml").read_text(encoding="utf-8")
        self.assertNotIn(WORKING_THREADS_VARIABLE, profiles)

    def test_dbt_masks_the_variable_of_the_key(self) -> None:
        """dbt masks by this prefix."""
        self.assertTrue(PII_KEY_VARIABLE.startswith("DBT_ENV_SECRET_"))

    def test_key_is_in_no_flag_and_no_representation(self) -> None:
        """Flags reach dbt's artefacts, representations reach tracebacks."""
        shown = [*settings().global_flags(), *settings().command_flags(), repr(settings())]
        self.assertEqual([text for text in shown if "secret" in text], [])

    def test_variables(self) -> None:
        """The variables of the project."""
        flags = settings().command_flags()
        variables = json.loads(flags[flags.index("--vars") + 1])
        self.assertEqual(variables, {"source_time_zone": "Europe/Paris", "half_life_days": 30.0, "raw_is_whole": True})

    def test_everything_is_written_in_the_home(self) -> None:
        """Never in the package, which may be read-only."""
        flags = settings().global_flags() + settings().command_flags()
        self.assertEqual(flags[flags.index("--log-path") + 1], "/data/dbt/logs")
        self.assertEqual(flags[flags.index("--target-path") + 1], "/data/dbt/target")

    def test_refused(self) -> None:
        """An engine without a profile, an empty key."""
        with self.assertRaisesRegex(SettingsError, "no dbt profile for 'oracle'"):
            settings("oracle://host").environment()
        with self.assertRaisesRegex(SettingsError, "is empty"):
            settings(key="").environment()

    def test_the_project_is_in_the_package(self) -> None:
        """It is shipped with it."""
        self.assertTrue((PROJECT_FOLDER / "dbt_project.yml").is_file())


if __name__ == "__main__":
    unittest.main()
