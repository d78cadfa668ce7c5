"""How dbt's models look in Dagster: names and groups by layer, owners from their meta, when they are stale."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DbtProject

from ritournelle.orchestration.keys import group_of
from ritournelle.settings import OrchestrationSettings


class Translator(DagsterDbtTranslator):
    """`models/marts/interactions.sql` → `marts/interactions` in the group `marts`; `engine` is the warehouse's."""

    def __init__(self, engine: str, settings: OrchestrationSettings) -> None:
        super().__init__()
        self._engine = engine
        self._freshness = freshness_policy(settings)

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None) -> dg.AssetSpec:
        """dagster-dbt's, with the engine in force (a manifest serves all) and, on marts, the age that is too old."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        is_mart = group_of(spec.key) == "marts"
        return spec.replace_attributes(
            kinds={"dbt", self._engine}, freshness_policy=self._freshness if is_mart else None
        )

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer; models that say what a day has changed are a group by themselves, between all layers."""
        key = self.get_asset_key(dbt_resource_props)
        return "changes" if dbt_resource_props["original_file_path"].startswith("models/changes/") else group_of(key)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str] | None:
        """The team that the model's meta names."""
        owner = dbt_resource_props.get("meta", {}).get("owner")
        return [f"team:{re.sub('[^a-z0-9]+', '-', owner.lower())}"] if owner else None

    def get_metadata(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, Any]:
        """Columns with their types and meanings; the database is left out, since the manifest knows none."""
        return super().get_metadata({**dbt_resource_props, "database": None})


def freshness_policy(settings: OrchestrationSettings) -> dg.FreshnessPolicy:
    """One for all that readers see."""
    stale = timedelta(hours=settings.stale_after_hours)
    return dg.FreshnessPolicy.time_window(fail_window=2 * stale, warn_window=stale)
