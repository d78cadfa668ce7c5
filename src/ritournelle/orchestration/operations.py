"""The record of the runs as assets that nobody orders: every stage writes them, and dbt reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from ritournelle.orchestration.keys import group_of
from ritournelle.orchestration.translator import Translator


def operations_specs(manifest: Mapping[str, Any], translator: Translator) -> Iterator[dg.AssetSpec]:
    """A spec per table of `ops` that the dbt project reads."""
    for source in manifest["sources"].values():
        if source["source_name"] == "ops":
            key = translator.get_asset_key(source)
            yield dg.AssetSpec(key, description=source["description"], group_name=group_of(key), kinds={"python"})
