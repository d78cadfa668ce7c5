"""dbt's data tests and freshness checks as asset checks: each stands at the table that it speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import dagster as dg

from ritournelle.orchestration.translator import Translator
from ritournelle.transform.report import DataTestResult, FreshnessResult, Outcome, TransformReport

FRESHNESS = "freshness"
_LAYERS = ("raw", "ops", "staging", "history", "core", "marts")


class DbtChecks:
    """The checks of a manifest, and what a transform found of them."""

    def __init__(self, manifest: Mapping[str, Any], translator: Translator) -> None:
        tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
        aged = [node for node in manifest["sources"].values() if node.get("loaded_at_query")]
        self._test_keys = {node["name"]: _key_of(node, manifest, translator) for node in tests}
        self._aged_keys = {f"{node['schema']}.{node['name']}": translator.get_asset_key(node) for node in aged}
        kinds = {node["name"]: _told(node) for node in tests}
        self.specs = [
            dg.AssetCheckSpec(name, asset=key, description=kinds[name]) for name, key in self._test_keys.items()
        ]
        self.specs += [
            dg.AssetCheckSpec(FRESHNESS, asset=key, description="When the endpoint was last read to its end.")
            for key in self._aged_keys.values()
        ]

    def results(self, built: TransformReport, selected: AbstractSet[dg.AssetCheckKey]) -> Iterator[dg.AssetCheckResult]:
        """What was found of the selected ones. A test that was skipped says nothing: the model before it says why."""
        for test in built.tests:
            key = dg.AssetCheckKey(self._test_keys[test.name], test.name)
            if key in selected and test.outcome is not Outcome.SKIPPED:
                yield _result(test, key, _findings(test))
        for age in built.freshness:
            key = dg.AssetCheckKey(self._aged_keys[age.source], FRESHNESS)
            if key in selected:
                yield _result(age, key, {} if age.age_seconds is None else {"hours": round(age.hours, 2)})


def _key_of(test: Mapping[str, Any], manifest: Mapping[str, Any], translator: Translator) -> dg.AssetKey:
    """The table that the test is attached to; else, of those that it reads, the one farthest down the river."""
    if test.get("attached_node"):
        return translator.get_asset_key(manifest["nodes"][test["attached_node"]])
    nodes = manifest["nodes"] | manifest["sources"]
    read = [translator.get_asset_key(nodes[name]) for name in test["depends_on"]["nodes"]]
    return max(read, key=lambda key: (_LAYERS.index(key.path[0]), key.path))


def _told(test: Mapping[str, Any]) -> str:
    kind = (test.get("test_metadata") or {}).get("name")
    return str(test.get("description") or kind or test["name"])


def _findings(test: DataTestResult) -> dict[str, Any]:
    known = {"kind": test.kind, "severity": test.severity, "failures": test.failures, "example": test.example}
    return {name: value for name, value in known.items() if value is not None} | {"seconds": round(test.seconds, 3)}


def _result(
    found: DataTestResult | FreshnessResult, key: dg.AssetCheckKey, metadata: dict[str, Any]
) -> dg.AssetCheckResult:
    passed = found.outcome is Outcome.PASSED
    return dg.AssetCheckResult(
        passed=passed,
        asset_key=key.asset_key,
        check_name=key.name,
        severity=dg.AssetCheckSeverity.WARN if found.outcome is Outcome.WARNED else dg.AssetCheckSeverity.ERROR,
        metadata=metadata,
        description=None if passed else str(found),
    )
