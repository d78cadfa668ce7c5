"""The catalogue of sensors: its table says what the classes say, and only those that are needed are imported."""

from __future__ import annotations

import subprocess
import sys
import unittest

from ritournelle.monitoring.rules import load_rules
from ritournelle.monitoring.sensors import catalogue
from ritournelle.monitoring.sensors.catalogue import SENSORS, sensor_named, sensors_for

ONE_ALONE = """
import sys
from ritournelle.monitoring.observations import MemoryUse
from ritournelle.monitoring.rules import load_rules
from ritournelle.monitoring.sensors.catalogue import sensors_for
(sensor,) = sensors_for([MemoryUse])
load_rules().limits_of[sensor.name]
print(sensor.name, *sorted(name for name in sys.modules if name.startswith("ritournelle.monitoring.sensors.")))
"""


class CatalogueTest(unittest.TestCase):
    def test_sensors_are_found_by_what_they_observe(self) -> None:
        for kind in {sensor.observes for sensor in SENSORS}:
            self.assertEqual(sensors_for([kind]), [one for one in SENSORS if issubclass(kind, one.observes)])
            self.assertEqual(sensors_for([type("Derived", (kind,), {})]), sensors_for([kind]))
        self.assertEqual(sensors_for(one.observes for one in SENSORS), list(SENSORS))
        self.assertEqual(sensors_for([]), [])

    def test_one_is_found_by_its_name(self) -> None:
        for sensor in SENSORS:
            self.assertIs(sensor_named(sensor.name), sensor)
        with self.assertRaises(KeyError):
            sensor_named("base")
        self.assertFalse(hasattr(catalogue, "sensors"))

    def test_limits_that_are_asked_for_are_those_that_are_checked(self) -> None:
        asked, checked = load_rules(), load_rules(SENSORS)
        self.assertEqual(dict(asked.limits_of), dict(checked.limits_of))
        self.assertEqual(len(asked.limits_of), len(SENSORS))

    def test_the_others_are_not_imported(self) -> None:
        done = subprocess.run([sys.executable, "-c", ONE_ALONE], capture_output=True, text=True, check=False)
        prefix = "ritournelle.monitoring.sensors"
        self.assertEqual(done.stdout, f"memory {prefix}.base {prefix}.catalogue {prefix}.memory\n", done.stderr)
