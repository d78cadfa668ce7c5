"""The dbt models as assets and their data tests as checks, by dagster-dbt; built and tested by our own transform.

`dbt build` alone would skip what `ritournelle.transform` adds: the scope of the changes, severities, kept results.
"""

# No `from __future__ import annotations` here: Dagster looks at the context's annotation as a type.

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import build_dbt_asset_specs

from ritournelle.orchestration.dbt_checks import DbtChecks
from ritournelle.orchestration.failing import fail_if_failed, retry_if_it_may_help, stopping
from ritournelle.orchestration.held_day import HeldDay
from ritournelle.orchestration.stages import WAREHOUSE_POOL
from ritournelle.orchestration.translator import Translator
from ritournelle.runs.record import Step
from ritournelle.settings import Settings
from ritournelle.transform.report import ModelResult, Outcome, TransformReport

Events = Iterator[dg.MaterializeResult[Any] | dg.AssetCheckResult]


def dbt_assets_of(manifest: Mapping[str, Any], translator: Translator, settings: Settings) -> dg.AssetsDefinition:
    """One op for all models: what a day changed decides what is built, also when a run selects some of them only."""
    how = settings.orchestration
    checks = DbtChecks(manifest, translator)

    @dg.multi_asset(
        name="transform",
        specs=list(model_specs(manifest, translator)),
        check_specs=checks.specs,
        required_resource_keys={"day"},
        pool=WAREHOUSE_POOL,
        can_subset=True,
        allow_arbitrary_check_specs=True,  # checks of the sources, too; dagster-dbt asks for the same
    )
    def transform(context: dg.AssetExecutionContext) -> Events:
        """Build and test what has changed, from raw to marts."""
        held: HeldDay = context.resources.day
        held.watcher.transformed = None
        with stopping(context, how):
            steps, report = held.run("transform", context.log)
        retry_if_it_may_help(steps, context, how)
        if held.watcher.transformed is not None:
            yield from _events(held.watcher.transformed, checks, context)
        fail_if_failed(steps, {"ritournelle/run": report.run.run_id, **_counts(steps)})

    return transform


def model_specs(manifest: Mapping[str, Any], translator: Translator) -> Sequence[dg.AssetSpec]:
    """A spec per model."""
    return build_dbt_asset_specs(manifest=manifest, dagster_dbt_translator=translator)


def _events(built: TransformReport, checks: DbtChecks, context: dg.AssetExecutionContext) -> Events:
    """What was built and tested. Models that the run did not select were built as well, and Dagster shall know."""
    for model in built.models:
        key, measured = dg.AssetKey([model.schema, model.name]), _measured(model)
        if model.outcome is Outcome.PASSED and key in context.selected_asset_keys:
            yield dg.MaterializeResult(key, metadata=measured)
        elif model.outcome is Outcome.PASSED:
            context.log_event(dg.AssetMaterialization(key, metadata=measured))
    yield from checks.results(built, context.selected_asset_check_keys)


def _measured(model: ModelResult) -> dict[str, Any]:
    measured: dict[str, Any] = {"seconds": round(model.seconds, 3)}
    return measured if model.rows is None else {"dagster/row_count": model.rows, **measured}


def _counts(steps: Sequence[Step]) -> dict[str, Any]:
    warnings = [text for step in steps for text in (step.details or {}).get("warnings", [])]
    return {"warnings": "\n".join(warnings)} if warnings else {}
