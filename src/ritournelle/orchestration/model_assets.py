"""The champion, everybody's lists, and what readers see, as assets: one op per stage of the day."""

# No `from __future__ import annotations` here: Dagster looks at the context's annotation as a type.

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg

from ritournelle.orchestration.failing import fail_if_failed, retry_if_it_may_help, stopping
from ritournelle.orchestration.held_day import HeldDay
from ritournelle.orchestration.keys import CHAMPION, MODEL_QUALITY, PUBLICATION, RECOMMENDATIONS, group_of
from ritournelle.orchestration.stages import WAREHOUSE_POOL
from ritournelle.orchestration.translator import Translator, freshness_policy
from ritournelle.runs.record import Step
from ritournelle.settings import Settings

_PUBLISHED_LAYERS = ("history", "core", "marts")


def model_assets(
    manifest: Mapping[str, Any], translator: Translator, settings: Settings, engine: str
) -> list[dg.AssetsDefinition]:
    """Train, recommend, publish; what each of them reads, the exposures of the dbt project say."""
    read = _Exposures(manifest, translator)
    is_fresh = freshness_policy(settings.orchestration)
    marts = [key for key in read.models if group_of(key) in _PUBLISHED_LAYERS]
    champion = dg.AssetSpec(
        CHAMPION,
        deps=read.keys("training", "evaluation"),
        description="The model that serves: trained when data or settings changed, live only through the gate.",
        kinds={"python"},
    )
    quality = dg.AssetSpec(
        MODEL_QUALITY, deps=[CHAMPION], description="One row per model version and day.", kinds={"python", engine}
    )
    lists = dg.AssetSpec(
        RECOMMENDATIONS,
        deps=[CHAMPION, *read.keys("batch_recommendations")],
        description="Every listener's list, with reasons; popularity answers where the model cannot.",
        kinds={"python", engine},
        freshness_policy=is_fresh,
    )
    publication = dg.AssetSpec(
        PUBLICATION,
        deps=[RECOMMENDATIONS, MODEL_QUALITY, *marts],
        description="What readers see: history, core, marts and ops of the last good run, switched over at once.",
        kinds={engine},
        freshness_policy=is_fresh,
    )
    made = {"train": [champion, quality], "recommend": [lists], "publish": [publication]}
    return [_stage(stage, specs, settings) for stage, specs in made.items()]


def _stage(stage: str, specs: Sequence[dg.AssetSpec], settings: Settings) -> dg.AssetsDefinition:
    how = settings.orchestration
    owned = [spec.replace_attributes(group_name=group_of(spec.key), owners=["team:recommendations"]) for spec in specs]

    @dg.multi_asset(name=stage, specs=owned, required_resource_keys={"day"}, pool=WAREHOUSE_POOL)
    def run_stage(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        held: HeldDay = context.resources.day
        with stopping(context, how):
            steps, report = held.run(stage, context.log)
        retry_if_it_may_help(steps, context, how)
        fail_if_failed(steps, {"ritournelle/run": report.run.run_id})
        for spec in owned:
            yield dg.MaterializeResult(spec.key, metadata={"ritournelle/run": report.run.run_id, **_told(steps)})

    return run_stage


def _told(steps: Iterable[Step]) -> dict[str, Any]:
    """The step's message and its plain figures."""
    told: dict[str, Any] = {"message": "\n".join(step.message for step in steps)}
    for step in steps:
        told |= {name: value for name, value in (step.details or {}).items() if isinstance(value, int | float | str)}
    return told


class _Exposures:
    """Who reads which model, from the dbt project."""

    def __init__(self, manifest: Mapping[str, Any], translator: Translator) -> None:
        self._nodes = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
        self._exposures = {exposure["name"]: exposure for exposure in manifest["exposures"].values()}
        self._translator = translator

    @property
    def models(self) -> list[dg.AssetKey]:
        """Every model."""
        return [self._translator.get_asset_key(node) for node in self._nodes.values()]

    def keys(self, *exposures: str) -> list[dg.AssetKey]:
        """What these read."""
        names = {name for exposure in exposures for name in self._exposures[exposure]["depends_on"]["nodes"]}
        return [self._translator.get_asset_key(self._nodes[name]) for name in sorted(names)]
