"""The parsed dbt project is shared by homes; whatever is wrong with the shared one, a build goes on without."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ritournelle.settings import Settings
from ritournelle.transform import project_cache
from ritournelle.transform.prepare import prepare
from ritournelle.transform.session import DbtSettings, dbt_session

FIRST = 20 * 365 * 86_400


@pytest.fixture(name="cache")
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "ritournelle" / "dbt"


@pytest.fixture(name="homes")
def _homes(tmp_path: Path) -> Iterator[Path]:
    """Where homes are made."""
    yield tmp_path / "homes"


def settings_of(home: Path, half_life_days: float = 90.0) -> DbtSettings:
    return DbtSettings(f"duckdb:///{home}/warehouse.duckdb", home, "UTC", half_life_days, "a key of no importance")


def listed(settings: DbtSettings) -> list[str]:
    """All models by `dbt list`, which needs the parsed project and no warehouse."""
    with dbt_session(settings) as invoke:
        before = settings.log_path.exists()  # dbt writes it as soon as it is called, also to parse
        outcome = invoke(["list", "--resource-type", "model"])
    assert outcome.success, outcome.exception
    return [f"parsed: {before}", *outcome.result]


def entries(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.glob("*.msgpack"))


def test_homes_share_it_and_other_settings_have_another(cache: Path, homes: Path) -> None:
    first, second = listed(settings_of(homes / "a")), listed(settings_of(homes / "b"))
    assert (first[0], second[0]) == ("parsed: True", "parsed: False")
    assert first[1:] == second[1:]
    assert len(first) > 30
    drawn = homes / "b" / "dbt" / "target" / "partial_parse.msgpack"
    assert drawn.read_bytes() == (cache / entries(cache)[0]).read_bytes()  # the lineage page reads it there
    assert listed(settings_of(homes / "b", half_life_days=30.0))[1:] == first[1:]
    assert len(entries(cache)) == 2


def test_what_is_damaged_is_made_again(cache: Path, homes: Path) -> None:
    first = listed(settings_of(homes / "a"))
    (kept,) = cache.glob("*.msgpack")
    whole = kept.stat().st_size
    for damage in (b"", kept.read_bytes()[: whole // 2], b"\x93\x01\x02\x03"):
        kept.write_bytes(damage)
        assert listed(settings_of(homes / "a"))[1:] == first[1:]
        assert kept.stat().st_size == whole
    assert len(entries(cache)) == 1 and not list(cache.glob("*.draft"))


def test_what_is_frozen_is_what_dbt_makes_of_its_own_format(cache: Path, homes: Path) -> None:
    listed(settings_of(homes / "a"))
    (kept,) = cache.glob("*.msgpack")
    content = kept.read_bytes()
    made, thawed = project_cache._frozen(kept, content), project_cache._thawed(kept, content)
    assert thawed is not None
    assert thawed.to_msgpack() == made.to_msgpack()
    assert thawed.flat_graph == made.flat_graph
    assert vars(thawed).keys() == vars(made).keys()
    assert project_cache._thawed(kept, content + b" ") is None  # it was made of something else


def test_what_is_frozen_and_damaged_is_made_again(cache: Path, homes: Path) -> None:
    first = listed(settings_of(homes / "a"))
    (frozen,) = cache.glob("*.pickle")
    whole = frozen.read_bytes()
    for damage in (b"", whole[:40], whole[: len(whole) // 2]):
        frozen.write_bytes(damage)
        assert listed(settings_of(homes / "b"))[1:] == first[1:]
        assert frozen.stat().st_size > 0.9 * len(whole)
    frozen.unlink()
    assert listed(settings_of(homes / "c")) == ["parsed: False", *first[1:]]
    assert frozen.exists()


def test_no_room_for_it_is_no_error(cache: Path, homes: Path) -> None:
    cache.parent.parent.mkdir(parents=True)
    cache.parent.write_text("a file where a folder should be")
    assert listed(settings_of(homes / "a"))[0] == "parsed: True"


def test_installing_prepares_it(cache: Path, homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RITOURNELLE_HOME", raising=False)
    prepare(Settings())
    assert len(entries(cache)) == 1
    settings = Settings()
    same = DbtSettings(
        f"duckdb:///{homes}/warehouse.duckdb",
        homes,
        settings.source.time_zone,
        settings.recommendation.half_life_days,
        "a key of no importance",
    )
    assert listed(same)[0] == "parsed: False"


def test_old_ones_go(cache: Path, homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_cache, "_KEPT", 2)
    cache.mkdir(parents=True)
    for age, name in enumerate(("newer", "older", "oldest")):
        (cache / f"{name}.msgpack").write_bytes(b"")
        (cache / f"{name}.pickle").write_bytes(b"")
        os.utime(cache / f"{name}.msgpack", (FIRST - age, FIRST - age))
    listed(settings_of(homes / "a"))
    assert len(entries(cache)) == 2
    assert "newer.msgpack" in entries(cache)
    assert sorted(path.stem for path in cache.glob("*.pickle")) == sorted(
        name[: -len(".msgpack")] for name in entries(cache)
    )


def test_dbt_tells_of_nothing_that_nobody_reads(homes: Path) -> None:
    settings, told = settings_of(homes / "a"), []
    with dbt_session(settings, lambda event: told.append(event.info.level)) as invoke:
        invoke(["list", "--resource-type", "model"])
        invoke(["list", "--select", "nothing_of_that_name"])
    assert set(told) == {"info", "warn"}
    assert "nothing_of_that_name" in settings.log_path.read_text()
