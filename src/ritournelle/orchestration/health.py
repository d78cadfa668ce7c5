"""`ritournelle health` as asset checks: a look at what can be seen now, when somebody asks for a check in Dagster."""

# No `from __future__ import annotations` here: Dagster looks at the context's annotation as a type.

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

import dagster as dg

from ritournelle.bootstrap import Platform
from ritournelle.orchestration.checks import by_check, result_of
from ritournelle.orchestration.failing import stopping
from ritournelle.orchestration.stages import WAREHOUSE_POOL
from ritournelle.runs.lock import is_run_under_way
from ritournelle.settings import Settings


def health_checks(
    settings: Settings, specs: Sequence[dg.AssetCheckSpec], known: AbstractSet[dg.AssetKey]
) -> dg.AssetChecksDefinition:
    """One op for all sensors; it opens no run of the day. `known` are all assets."""
    how = settings.orchestration

    @dg.multi_asset_check(name="health", specs=specs, can_subset=True, pool=WAREHOUSE_POOL)
    def health(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        """Look, as `ritournelle health` does, and tell the checks that were asked for.

        While a run of somebody else is under way, what was read last: trying the warehouse could make that run fail.
        """
        with stopping(context.op_execution_context, how):
            rounds = Platform(settings).rounds()
            report = rounds.report() if is_run_under_way(settings.home) else rounds.look()
        for check, readings in by_check(report.readings, known).items():
            if check in context.selected_asset_check_keys:
                yield result_of(check, readings, report.rules.say)

    return health
