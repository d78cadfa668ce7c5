"""Everything that Dagster is to know: assets, checks, jobs, the schedule, the sensors; all from the settings."""

from __future__ import annotations

import dagster as dg

from ritournelle.bootstrap import Platform
from ritournelle.orchestration.arrival import arrival_sensor
from ritournelle.orchestration.dbt_models import dbt_assets_of
from ritournelle.orchestration.health import health_checks
from ritournelle.orchestration.held_day import day_resource
from ritournelle.orchestration.ingest import ingest_assets
from ritournelle.orchestration.jobs import daily_job, quarantine_review_job
from ritournelle.orchestration.model_assets import model_assets
from ritournelle.orchestration.operations import operations_specs
from ritournelle.orchestration.places import health_specs
from ritournelle.orchestration.quarantine_growth import quarantine_sensor
from ritournelle.orchestration.readings import readings_sensor
from ritournelle.orchestration.schedule import daily_schedule
from ritournelle.orchestration.translator import Translator
from ritournelle.settings import Settings
from ritournelle.transform.manifest import prepared_manifest


def definitions_of(settings: Settings) -> dg.Definitions:
    """The definitions for these settings; touches no warehouse, and parses the dbt project if nobody has yet."""
    engine = engine_of(settings.warehouse_url)
    manifest = prepared_manifest(settings.home / "orchestration")
    translator = Translator(engine, settings.orchestration)
    assets: list[dg.AssetsDefinition | dg.AssetSpec] = [
        ingest_assets(settings, engine),
        dbt_assets_of(manifest, translator, settings),
        *model_assets(manifest, translator, settings, engine),
        *operations_specs(manifest, translator),
    ]
    made = [one for one in assets if isinstance(one, dg.AssetsDefinition)]
    known = frozenset(key for one in made for key in one.keys)  # without `ops`, which nobody orders
    tested = known & {spec.asset_key for one in made for spec in one.check_specs}
    health = health_checks(settings, health_specs(Platform(settings).rules(), known, tested), known)
    daily, review = daily_job(health), quarantine_review_job(settings)
    return dg.Definitions(
        assets=assets,
        asset_checks=[health],
        jobs=[daily, review],
        schedules=[daily_schedule(daily, settings.orchestration)],
        sensors=[arrival_sensor(daily, settings), quarantine_sensor(review), readings_sensor(settings, known)],
        resources={"day": day_resource(settings)},
        executor=dg.in_process_executor,  # one process holds the day's lock; 3 s against 27 to 72 s with many
    )


def engine_of(warehouse_url: str) -> str:
    """As Dagster's pages draw it: duckdb, postgres, bigquery, redshift."""
    scheme = warehouse_url.removeprefix("dlt+").split(":", 1)[0]
    return "postgres" if scheme.startswith("postgres") else scheme
