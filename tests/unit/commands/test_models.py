"""`ritournelle models`: what a person sees of the registry, and what changes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner, Result

from ritournelle.commands.models import app
from ritournelle.errors import ModelError
from ritournelle.registry.store import LocalRegistry
from tests.champions import promote_model

NOW = datetime(2024, 6, 1, 3, tzinfo=UTC)


def mart(seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    pairs = np.unique(np.stack([random.integers(1, 30, 200), random.integers(500, 530, 200)], axis=1), axis=0)
    moments = pa.array([NOW] * len(pairs), pa.timestamp("us", "UTC"))
    columns = {"user_id": pairs[:, 0], "track_id": pairs[:, 1], "weight": np.ones(len(pairs))}
    return pa.table({**columns, "last_listened_at": moments})


@pytest.fixture(name="registry")
def registry_of_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalRegistry:
    monkeypatch.setenv("RITOURNELLE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    registry = LocalRegistry(tmp_path / "registry")
    for seed in (1, 2):
        promote_model(registry, mart(seed), NOW, family="item_knn")
    return registry


def told(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def told_json(*arguments: str) -> Any:
    result = told(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_all_versions_are_listed_with_their_roles(registry: LocalRegistry) -> None:
    roles = {line["version"]: line["role"] for line in told_json("list")}
    assert roles == {"item_knn-000001": "was champion", "item_knn-000002": "champion"}
    registry.challenge("item_knn-000001")
    assert [line["role"] for line in told_json("list")] == ["challenger", "champion"]
    printed = told("list").stdout
    assert "item_knn-000001" in printed and "never judged" in printed


def test_a_damaged_version_is_called_so(registry: LocalRegistry) -> None:
    (registry.load("item_knn-000001").folder / "track_ids.npy").write_bytes(b"?")
    first, second = told_json("list")
    assert first["role"] == "was champion, damaged" and "track_ids.npy" in first["evidence"]
    assert second["role"] == "champion"
    assert isinstance(told("show", "item_knn-000001").exception, ModelError)


def test_one_version_is_shown_whole(registry: LocalRegistry) -> None:
    shown = told_json("show", "item_knn-000002")
    assert (shown["version"], shown["role"], shown["model"]) == ("item_knn-000002", "champion", "item_knn")
    assert shown["content_hash"] == registry.load("item_knn-000002").manifest.content_hash
    assert len(shown["promotions"]) == 1
    assert "content_hash" in told("show", "item_knn-000002").stdout


def test_promote_and_roll_back_by_hand(registry: LocalRegistry) -> None:
    assert told("promote", "item_knn-000001", "--why", "listeners complained").exit_code == 0
    assert registry.champion() == "item_knn-000001"
    assert registry.promotions()[-1].why == "listeners complained"
    assert "item_knn-000002 is the champion again" in told("rollback").stdout
    assert registry.promotions()[-1].why == "by hand"
    assert registry.champion() == "item_knn-000002"


@pytest.mark.parametrize("verb", ["show", "promote", "reproduce"])
def test_an_unknown_version_is_refused_with_the_known_ones(registry: LocalRegistry, verb: str) -> None:
    error = told(verb, "als-000009").exception
    assert isinstance(error, ModelError)
    assert "there are: item_knn-000001, item_knn-000002" in str(error)
    assert registry.champion() == "item_knn-000002"


def test_an_empty_registry_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RITOURNELLE_HOME", str(tmp_path))
    assert "`ritournelle run` trains one" in told("list").stdout
    assert told_json("list") == []
    assert "no sound champion before the first promotion" in str(told("rollback").exception)
