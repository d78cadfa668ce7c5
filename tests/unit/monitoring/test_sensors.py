"""Every sensor: quiet on a quiet day, loud on its trouble, and silent where nothing can be said."""

from __future__ import annotations

import unittest
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ritournelle.monitoring import observations as seen
from ritournelle.monitoring.alerts.delivery import Delivery
from ritournelle.monitoring.reading import Severity
from ritournelle.monitoring.rules import Language, load_rules
from ritournelle.monitoring.sensors.catalogue import SENSORS
from tests.unit.monitoring.seen import MODEL, NOON, column, dates, failed_read, reads, source_read

GIGABYTE = 10**9
LANGUAGES: tuple[Language, ...] = ("en", "fr")
LISTS = seen.Lists("model", MODEL, 300, 0.01, 0, 280, 300, 20)
LAST = seen.LastRun("pipeline", "run-29", "run", "succeeded", NOON)
GAP = seen.RunGap("pipeline", NOON, 1.0, 24.0)
CHECKS = seen.CheckedModel("interactions", 5)
DISK = seen.DiskSpace("home", 50 * GIGABYTE, 100 * GIGABYTE, GIGABYTE)
TRAFFIC = seen.ApiTraffic("api", 3000, 0, 0.02)
USEFULNESS = seen.Usefulness(
    "recommendations",
    MODEL,
    seen.ExposedDay(300, 120, 60, 45),
    [seen.ExposedDay(300, 110 + day % 5, 60, 44 + day % 4) for day in range(14)],
)
JUDGED = seen.Judged("model", MODEL, "ndcg@20", 0.3, 0.1, 0.29, "als-000002", True)


def warned(
    name: str = "holds", severity: Severity = Severity.WARN, rows: int = 30, usual: tuple[int, ...] = ()
) -> seen.CheckedModel:
    """A model of which one test found some rows."""
    return replace(CHECKS, findings=[seen.Finding(name, severity, rows, "", usual)])


QUIET: dict[str, list[Any]] = {
    "source_reachable": [source_read(), failed_read("ContractError"), failed_read("CrawlError")],
    "source_retries": [source_read(), source_read(requests=2400, retries=20)],
    "source_latency": [source_read(), source_read(seconds=9.0)],
    "completeness": [source_read(), source_read(proven_snapshot=False, landed=1003)],
    "snapshot_proof": [source_read()],
    "schema_drift": [source_read()],
    "contract_broken": [source_read()],
    "quarantine": [source_read(), source_read(waiting=20)],
    "duplicates": [source_read(), source_read(repeated=3, proven_snapshot=False)],
    "value_drift": [column(), column(nulls=0.02), column(mean=6.0), column(values={"Female": 0.6, "Male": 0.4})],
    "date_sanity": [dates(), dates(future=3, usual_odd_dates=(3, 4, 3))],
    "volume": [source_read(), source_read(landed=900), source_read(landed=5000)],
    "volume_surge": [source_read(), source_read(announced=2500, landed=2500)],
    "stale_snapshot": [seen.Changes("pipeline", 7, 24.0, (10, 12)), seen.Changes("pipeline", 0, 24.0, (0, 0, 0))],
    "source_freshness": [seen.SourceAge("users", NOON, 25.0)],
    "source_epoch": [source_read()],
    "id_collisions": [source_read()],
    "orphans": [
        seen.Orphans("core.fact_listen_history", 5000, 0, 0, ()),
        seen.Orphans("core.fact_listen_history", 5000, 2, 7, (9, 9, 0)),
    ],
    "listen_freshness": [seen.ListenAge("listen_history", NOON, NOON, 20.0)],
    "data_tests": [
        CHECKS,
        warned("listens_follow_their_user_and_track"),
        warned(rows=5),
        warned(rows=38, usual=(28, 30, 31)),
    ],
    "mart_volume": [seen.MartRows("marts.interactions", 900, (1000, 1100, 1050))],
    "mart_freshness": [seen.Publication("published", NOON, "run-29", 25.0)],
    "run_outcome": [LAST],
    "run_missed": [GAP, replace(GAP, hours_since_last=26.0)],
    "run_overlap": [seen.Refusals("pipeline", 0)],
    "run_duration": [
        seen.RunDuration("pipeline", "run", 50.0, (9.0, 10.0, 9.5, 11.0, 10.0)),
        seen.RunDuration("pipeline", "run", 900.0, (600.0, 620.0, 590.0, 610.0, 600.0)),
    ],
    "warehouse": [
        seen.WarehouseState("warehouse"),
        seen.WarehouseState("warehouse", "WarehouseBusyError", "a run has it open", in_use=True),
    ],
    "disk_space": [DISK],
    "memory": [seen.MemoryUse("home", GIGABYTE, 8 * GIGABYTE)],
    "model_training": [seen.Training("model", True, "kept", MODEL)],
    "model_age": [seen.ChampionAge("model", MODEL, NOON, 3.0)],
    "model_quality": [JUDGED, replace(JUDGED, reached=0.27), replace(JUDGED, champion=None)],
    "model_degenerate": [LISTS, replace(LISTS, most_identical=0.4)],
    "model_artefact": [seen.ChampionFiles("model", MODEL)],
    "api_errors": [
        TRAFFIC,
        replace(TRAFFIC, requests=0),
        replace(TRAFFIC, failed=2),
        replace(TRAFFIC, requests=30_000, failed=200),
    ],
    "api_latency": [TRAFFIC, replace(TRAFFIC, requests=0, p99_seconds=0.0)],
    "api_fallbacks": [seen.ListsServed("api", 300, 9), seen.ListsServed("api", 0, 0)],
    "floods": [seen.Refused("keys", 0, 0), seen.Refused("addresses", 400, 50)],
    "forged_ids": [seen.FeedbackIds("feedback", 900, 100), seen.FeedbackIds("feedback", 20, 20)],
    "server": [
        seen.ServersSeen("server", 1, 0, 1.0, NOON),
        seen.ServersSeen("server", 0, 0),
        seen.ServersSeen("server", 1, 1, 0.5, NOON),
    ],
    "event_log": [seen.EventLogState("event_log")],
    "online_store": [seen.OnlineStoreState("online_store")],
    "event_lag": [seen.Waiting("listens", 0.0), seen.Waiting("listens", 26.0, NOON)],
    "usefulness": [
        USEFULNESS,
        replace(USEFULNESS, today=seen.ExposedDay(300, 100, 60, 38)),
        replace(USEFULNESS, today=seen.ExposedDay(300, 100, 21, 10)),
    ],
    "feedback_stopped": [
        USEFULNESS,
        replace(USEFULNESS, today=seen.ExposedDay(300, 60, 30, 20)),
        replace(USEFULNESS, before=[seen.ExposedDay(300, 0, 0, 0)] * 9, today=seen.ExposedDay(300, 0, 0, 0)),
    ],
    "alerts": [Delivery("mailto", 0, "", 0, None)],
}

TROUBLE: dict[str, list[Any]] = {
    "source_reachable": [failed_read("TransientSourceError"), failed_read("SourceError")],
    "source_retries": [source_read(retries=1)],
    "source_latency": [source_read(seconds=15.0)],
    "completeness": [failed_read("CrawlError"), source_read(landed=998), source_read(landed=1002)],
    "snapshot_proof": [source_read(proven_snapshot=False), source_read(misnumbered=1), source_read(passes=3)],
    "schema_drift": [
        source_read(unknown_fields=("shoe_size",)),
        source_read(new_values={"gender": ["Two-spirit"]}),
        source_read(not_json=2),
    ],
    "contract_broken": [failed_read("ContractError"), source_read(missing_fields=("email",))],
    "quarantine": [source_read(newly_quarantined={"duration": 1}), source_read(waiting=80)],
    "duplicates": [source_read(contradictions=1), source_read(repeated=1)],
    "value_drift": [
        column(nulls=0.2),
        column(mean=50.0),
        column(values={"Female": 0.9, "Male": 0.1}),
        column(values={"Unknown": 1.0}),
    ],
    "date_sanity": [dates(future=1), dates(ancient=1), dates(ancient=9, usual_odd_dates=(3, 3, 3))],
    "volume": [source_read(landed=100), failed_read("SourceShrunkError", landed=100), failed_read("SourceShrunkError")],
    "volume_surge": [source_read(announced=10_000, landed=10_000), failed_read("ContractError", announced=10_000)],
    "stale_snapshot": [seen.Changes("pipeline", 0, 24.0, (10, 12))],
    "source_freshness": [seen.SourceAge("users", NOON, 50.0)],
    "source_epoch": [failed_read("SourceEpochError"), source_read(epoch_changed=True)],
    "id_collisions": [source_read(collisions=10)],
    "orphans": [
        seen.Orphans("core.fact_listen_history", 5000, 0, 1, (0, 0)),
        seen.Orphans("core.fact_listen_history", 5000, 5, 5, ()),
    ],
    "listen_freshness": [seen.ListenAge("listen_history", NOON, NOON, 80.0)],
    "data_tests": [
        warned(),
        warned(usual=(30, 30)),
        warned(rows=60, usual=(30, 31, 30)),
        warned(severity=Severity.ERROR, usual=(30, 30, 30)),
    ],
    "mart_volume": [
        seen.MartRows("marts.interactions", 0, (1000, 1100)),
        seen.MartRows("marts.interactions", 400, (1000,)),
    ],
    "mart_freshness": [seen.Publication("published", NOON, "run-29", 60.0)],
    "run_outcome": [replace(LAST, status="failed", where="transform"), replace(LAST, status="killed")],
    "run_missed": [replace(GAP, hours_since_last=40.0), replace(GAP, hours_between_last_two=48.0)],
    "run_overlap": [seen.Refusals("pipeline", 1, NOON, "run")],
    "run_duration": [seen.RunDuration("pipeline", "run", 100.0, (9.0, 10.0, 9.5, 11.0, 10.0))],
    "warehouse": [seen.WarehouseState("warehouse", "WarehouseBusyError", "another process has it")],
    "disk_space": [
        replace(DISK, free_bytes=GIGABYTE // 2),
        replace(DISK, free_bytes=15 * GIGABYTE, needed_bytes=10 * GIGABYTE),
        replace(DISK, failed_write="OSError: [Errno 28] No space left on device"),
    ],
    "memory": [seen.MemoryUse("home", 7 * GIGABYTE, 8 * GIGABYTE)],
    "model_training": [seen.Training("model", False, "no memory")],
    "model_age": [seen.ChampionAge("model", MODEL, NOON - timedelta(days=40), 40.0)],
    "model_quality": [replace(JUDGED, reached=0.05), replace(JUDGED, reached=0.2)],
    "model_degenerate": [
        replace(LISTS, most_identical=0.9),
        replace(LISTS, not_finite=1),
        replace(LISTS, shown_tracks=20),
    ],
    "model_artefact": [seen.ChampionFiles("model", MODEL, "a file changed", "als-000002")],
    "api_errors": [replace(TRAFFIC, failed=60), replace(TRAFFIC, requests=20, failed=20)],
    "api_latency": [replace(TRAFFIC, p99_seconds=1.0)],
    "api_fallbacks": [seen.ListsServed("api", 20, 20, "the store is down")],
    "floods": [seen.Refused("keys", 60, 55, "a1b2c3d4"), seen.Refused("listeners", 500, 51)],
    "forged_ids": [seen.FeedbackIds("feedback", 90, 80)],
    "server": [seen.ServersSeen("server", 0, 1, 6.0, NOON)],
    "event_log": [seen.EventLogState("event_log", "no room")],
    "online_store": [seen.OnlineStoreState("online_store", "file is not a database")],
    "event_lag": [seen.Waiting("feedback", 40.0, NOON)],
    "usefulness": [
        replace(USEFULNESS, today=seen.ExposedDay(300, 120, 60, 15)),
        replace(USEFULNESS, today=seen.ExposedDay(300, 120, 25, 0)),
    ],
    "feedback_stopped": [replace(USEFULNESS, today=seen.ExposedDay(300, 0, 0, 0))],
    "alerts": [Delivery("mailto", 2, "refused", 3, NOON)],
}

UNKNOWN: dict[str, list[Any]] = {
    "source_retries": [failed_read("TransientSourceError", retries=4)],
    "source_latency": [failed_read("TransientSourceError"), source_read(seconds=99.0, before=reads(2))],
    "completeness": [failed_read("TransientSourceError", announced=None)],
    "snapshot_proof": [failed_read("CrawlError")],
    "schema_drift": [failed_read("SourceError")],
    "contract_broken": [failed_read("SourceError")],
    "quarantine": [failed_read("ContractError")],
    "duplicates": [failed_read("ContractError")],
    "value_drift": [column(usual_nulls=(), nulls=0.9), column(rows=10, nulls=0.9)],
    "date_sanity": [column()],
    "volume": [source_read(landed=10, before=reads(2)), failed_read("TransientSourceError", landed=0)],
    "volume_surge": [source_read(announced=10_000, before=()), failed_read("SourceError")],
    "stale_snapshot": [seen.Changes("pipeline", 0, 1.0, (10, 12)), seen.Changes("pipeline", 0, None)],
    "source_freshness": [seen.SourceAge("users", None, None)],
    "source_epoch": [failed_read("TransientSourceError")],
    "id_collisions": [source_read(collisions=None), failed_read("CrawlError")],
    "listen_freshness": [seen.ListenAge("listen_history", None, None, None)],
    "mart_volume": [seen.MartRows("marts.interactions", 0), seen.MartRows("core.dim_genres", 0, (11,))],
    "mart_freshness": [seen.Publication("published", None, "", None)],
    "run_duration": [seen.RunDuration("pipeline", "run", 900.0, (9.0, 10.0))],
    "model_quality": [replace(JUDGED, champion=None, popularity=None)],
    "model_degenerate": [replace(LISTS, lists=5, most_identical=1.0)],
}


class SensorsTest(unittest.TestCase):
    def judged(self, cases: dict[str, list[Any]], wanted: bool | None) -> None:
        """Every sensor says of its cases what is wanted."""
        for sensor in SENSORS:
            for number, observation in enumerate(cases.get(sensor.name, ())):
                with self.subTest(sensor=sensor.name, case=number):
                    found = sensor.judge(observation, sensor.limits())
                    self.assertIs(found.has_fired, wanted, found)

    def test_quiet_days_are_quiet(self) -> None:
        self.assertEqual(set(QUIET), {sensor.name for sensor in SENSORS})
        self.judged(QUIET, False)

    def test_each_trouble_is_seen(self) -> None:
        self.assertEqual(set(TROUBLE), {sensor.name for sensor in SENSORS})
        self.judged(TROUBLE, True)

    def test_where_nothing_is_known_nothing_is_said(self) -> None:
        self.judged(UNKNOWN, None)

    def test_a_gone_field_and_a_missing_file_are_told_in_the_facts(self) -> None:
        (broken,) = [sensor for sensor in SENSORS if sensor.name == "contract_broken"]
        found = broken.judge(source_read(missing_fields=("email",)), broken.limits())
        self.assertEqual(found.facts["problem"], "missing: email")

    def test_the_gravest_test_gives_its_severity_and_acceptance_takes_it_away(self) -> None:
        by_name = {sensor.name: sensor for sensor in SENSORS}
        graver = by_name["data_tests"].read(
            warned(severity=Severity.BLOCK), by_name["data_tests"].limits(), Severity.WARN, NOON
        )
        self.assertTrue(graver.holds)
        for observation, holds in ((source_read(epoch_changed=True), False), (failed_read("SourceEpochError"), True)):
            epoch = by_name["source_epoch"]
            self.assertEqual(epoch.read(observation, epoch.limits(), Severity.BLOCK, NOON).holds, holds)

    def test_limits_change_the_judgement(self) -> None:
        by_name = {sensor.name: sensor for sensor in SENSORS}
        for name, observation, limits in (
            ("quarantine", source_read(newly_quarantined={"duration": 3}), {"new_rows": 3}),
            ("source_retries", source_read(retries=1), {"share": 0.1}),
            ("data_tests", warned(), {"ignored": ("holds",)}),
            ("memory", seen.MemoryUse("home", 7 * GIGABYTE, 8 * GIGABYTE), {"share": 0.95}),
        ):
            with self.subTest(sensor=name):
                self.assertIs(by_name[name].judge(observation, by_name[name].limits(**limits)).has_fired, False)

    def test_every_sentence_finds_its_facts(self) -> None:
        rules = load_rules(SENSORS)
        for cases in (QUIET, TROUBLE):
            for sensor in SENSORS:
                for observation in cases[sensor.name]:
                    reading = sensor.read(observation, sensor.limits(), Severity.WARN, NOON)
                    for language in LANGUAGES:
                        with self.subTest(sensor=sensor.name, language=language):
                            self.assertNotIn("?", rules.say(reading, language))
