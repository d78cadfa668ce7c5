"""The jobs: the whole day, and a look at what waits in quarantine."""

# No `from __future__ import annotations` here: Dagster looks at the context's annotation as a type.

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from ritournelle.bootstrap import Platform
from ritournelle.orchestration.failing import stopping
from ritournelle.orchestration.quarantine_growth import review
from ritournelle.orchestration.stages import WAREHOUSE_POOL
from ritournelle.settings import Settings


def daily_job(health: dg.AssetChecksDefinition) -> UnresolvedAssetJobDefinition:
    """`ritournelle run`, asset by asset: one process, one lock, one record.

    Without the checks of `health`: the day asks the sensors itself when it ends, well or not, and what they said then
    is told by `health_readings`.
    """
    return dg.define_asset_job(
        "daily",
        selection=(dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks()) - dg.AssetSelection.checks(health),
        description="The whole day: ingest, transform, train if the data changed, recommend, publish.",
        executor_def=dg.in_process_executor,
    )


def quarantine_review_job(settings: Settings) -> dg.JobDefinition:
    """Says what waits in quarantine, and why."""
    how = settings.orchestration

    @dg.op(name="review_quarantine", pool=WAREHOUSE_POOL)
    def review_quarantine(context: dg.OpExecutionContext) -> None:
        """Log the open rows by source and reason."""
        with stopping(context, how):
            found = review(Platform(settings))
        context.log.warning(found.told)
        context.add_output_metadata({"open_rows": found.rows, "reasons": dg.MetadataValue.md(found.table)})

    @dg.job(name="quarantine_review", description=review.__doc__, executor_def=dg.in_process_executor)
    def quarantine_review() -> None:
        review_quarantine()  # pylint: disable=no-value-for-parameter  # Dagster gives the context

    return quarantine_review
