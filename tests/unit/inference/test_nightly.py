"""The nightly lists in a warehouse: only what changed is made again, and it equals what making all would give."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ritournelle.errors import ModelError, WarehouseError
from ritournelle.inference.batch import BY_CONTENT
from ritournelle.inference.nightly import Written, write_nightly_lists
from ritournelle.inference.reading import read_list
from ritournelle.inference.rerank import RerankRules
from ritournelle.registry.store import LocalRegistry
from ritournelle.warehouse.base import Table, Warehouse
from ritournelle.warehouse.connect import connect
from ritournelle.warehouse.tables import LIST_STATES, RECOMMENDATIONS, TABLES
from tests.champions import promote_model

NOW = datetime(2024, 6, 1, 3, tzinfo=UTC)
K = 5
MARTS = {
    name: Table(schema, name, pa.schema(columns), key)
    for schema, name, columns, key in (
        (
            "marts",
            "interactions",
            [("user_id", pa.int64()), ("track_id", pa.int64()), ("weight", pa.float64())],
            ("user_id", "track_id"),
        ),
        (
            "marts",
            "track_popularity",
            [(each, pa.int64()) for each in ("track_id", "plays_28_days", "plays_365_days", "plays_total")],
            ("track_id",),
        ),
        (
            "core",
            "dim_users",
            [("user_id", pa.int64()), ("is_deleted", pa.bool_()), ("source_epoch", pa.int64())],
            ("user_id",),
        ),
        (
            "core",
            "dim_tracks",
            [
                ("track_id", pa.int64()),
                ("name", pa.string()),
                ("artist", pa.string()),
                ("album", pa.string()),
                ("genres", pa.string()),
                ("duration_seconds", pa.int64()),
                ("is_deleted", pa.bool_()),
                ("source_epoch", pa.int64()),
                ("artist_key", pa.string()),
            ],
            ("track_id",),
        ),
        (
            "core",
            "taste_exclusions",
            [(each, pa.string()) for each in ("exclusion_id", "kind", "target", "artist_key")]
            + [("user_id", pa.int64()), ("source_epoch", pa.int64()), ("is_active", pa.bool_())]
            + [(each, pa.timestamp("us", "UTC")) for each in ("starts_at", "ends_at", "changed_at")],
            ("exclusion_id",),
        ),
        ("core", "fact_listen_history", [("listen_id", pa.string()), ("source_epoch", pa.int64())], ("listen_id",)),
    )
}


def interactions() -> pa.Table:
    """Listeners 1 … 40 heard 6 of 30 tracks each; 41 and 42 nothing."""
    random = np.random.default_rng(3)
    pairs = [(user, 500 + int(track)) for user in range(1, 41) for track in random.choice(30, 6, replace=False)]
    users, tracks = zip(*pairs, strict=True)
    return pa.table({"user_id": users, "track_id": tracks, "weight": [1.0] * len(pairs)})


@pytest.fixture(name="warehouse")
def warehouse_with_marts(tmp_path: Path) -> Iterator[Warehouse]:
    with connect(f"duckdb:///{tmp_path / 'warehouse.duckdb'}") as warehouse:
        warehouse.ensure([*TABLES, *MARTS.values()])
        warehouse.append(MARTS["interactions"], interactions())
        popular = [{"track_id": 500 + track, "plays_28_days": track + 1} for track in range(30)]
        popular = [row | {"plays_365_days": 50, "plays_total": 99} for row in popular]
        warehouse.append(MARTS["track_popularity"], MARTS["track_popularity"].rows(popular))
        users = [{"user_id": user, "is_deleted": False, "source_epoch": 1} for user in range(1, 43)]
        warehouse.append(MARTS["dim_users"], MARTS["dim_users"].rows(users))
        tracks: list[dict[str, Any]] = [
            {"track_id": 500 + track, "name": f"song {track}", "artist": f"artist {track % 6}"} for track in range(30)
        ]
        tracks = [row | {"artist_key": row["artist"]} for row in tracks]
        tracks = [row | {"is_deleted": False, "source_epoch": 1} for row in tracks]
        warehouse.append(MARTS["dim_tracks"], MARTS["dim_tracks"].rows(tracks))
        yield warehouse


@pytest.fixture(name="registry")
def registry_with_a_champion(tmp_path: Path) -> LocalRegistry:
    registry = LocalRegistry(tmp_path / "registry")
    promote_model(registry, interactions(), NOW, factors=4)
    return registry


def night(
    warehouse: Warehouse,
    registry: LocalRegistry,
    *,
    hours: float = 0,
    length: int = K,
    rules: RerankRules = RerankRules(),
) -> Written:
    when = NOW + timedelta(hours=hours)
    return write_nightly_lists(warehouse, registry, list_length=length, computed_at=when, rules=rules, block_size=10)


def stored(
    warehouse: Warehouse, columns: str = "user_id, rank, track_id, score, reason, fallback_reason"
) -> list[tuple[Any, ...]]:
    rows = warehouse.read(f"SELECT {columns} FROM marts.recommendations ORDER BY user_id, rank").to_pylist()
    return [tuple(row.values()) for row in rows]


def listen(warehouse: Warehouse, user: int, track: int, weight: float = 2.0) -> None:
    row = {"user_id": user, "track_id": track, "weight": weight}
    warehouse.upsert(MARTS["interactions"], MARTS["interactions"].rows([row]))


def made_from_nothing(warehouse: Warehouse, registry: LocalRegistry) -> list[tuple[Any, ...]]:
    warehouse.remove(LIST_STATES, "TRUE")
    warehouse.remove(RECOMMENDATIONS, "TRUE")
    night(warehouse, registry)
    return stored(warehouse)


def test_everybody_has_a_list_and_a_second_night_makes_none(warehouse: Warehouse, registry: LocalRegistry) -> None:
    first = night(warehouse, registry)
    assert (first.listeners, first.changed, first.rows) == (42, 42, 42 * K)
    assert str(first) == "42 lists by als-000001; all made anew, with 210 rows"
    before = stored(warehouse, "*")
    second = night(warehouse, registry, hours=24)
    assert second.was_same and str(second) == "42 lists by als-000001; all the same as before"
    assert stored(warehouse, "*") == before


def test_only_who_listened_is_made_again_and_the_lists_are_those_of_making_all(
    warehouse: Warehouse, registry: LocalRegistry
) -> None:
    night(warehouse, registry)
    (heard_before,) = warehouse.read("SELECT min(track_id) AS t FROM marts.interactions WHERE user_id = 7")[
        "t"
    ].to_pylist()
    listen(warehouse, 7, heard_before)
    listen(warehouse, 41, 500)  # the first listen of a listener
    written = night(warehouse, registry, hours=24)
    assert (written.changed, written.rows) == (2, 2 * K)
    moments = dict(stored(warehouse, "user_id, computed_at"))
    assert {user for user, moment in moments.items() if moment > NOW} == {7, 41}
    incremental = stored(warehouse)
    assert incremental == made_from_nothing(warehouse, registry)


def test_who_has_left_has_no_list_and_who_came_has_one(warehouse: Warehouse, registry: LocalRegistry) -> None:
    night(warehouse, registry)
    warehouse.remove(MARTS["dim_users"], "user_id = 9")
    new = {"user_id": 77, "is_deleted": False, "source_epoch": 1}
    warehouse.append(MARTS["dim_users"], MARTS["dim_users"].rows([new]))
    assert night(warehouse, registry).changed == 1
    users = {row[0] for row in stored(warehouse)}
    assert 77 in users and 9 not in users
    assert warehouse.read("SELECT count(*) AS n FROM ops.list_states")["n"].to_pylist() == [42]


def test_another_model_or_length_makes_all_again(warehouse: Warehouse, registry: LocalRegistry) -> None:
    night(warehouse, registry)
    assert night(warehouse, registry, length=3).changed == 42
    assert len(stored(warehouse)) == 42 * 3
    promote_model(registry, interactions(), NOW, factors=3)
    assert night(warehouse, registry, length=3).changed == 42


def test_other_popularity_is_for_those_whom_it_answers(warehouse: Warehouse, registry: LocalRegistry) -> None:
    night(warehouse, registry)
    row = {"track_id": 500, "plays_28_days": 999, "plays_365_days": 999, "plays_total": 999}
    warehouse.upsert(MARTS["track_popularity"], MARTS["track_popularity"].rows([row]))
    assert night(warehouse, registry).changed == 2
    assert [entry[2] for entry in stored(warehouse) if entry[0] == 42][0] == 500


def test_before_there_is_a_model_a_second_night_makes_none_and_other_popularity_all(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    """An app whose listens are random never gets a champion; its lists stay too, as long as nothing has changed."""
    nobody = LocalRegistry(tmp_path / "nothing promoted")
    assert str(night(warehouse, nobody)) == "42 lists by what is popular; all made anew, with 210 rows"
    before = stored(warehouse, "*")
    assert night(warehouse, nobody, hours=24).was_same
    assert stored(warehouse, "*") == before
    row = {
        "track_id": 529,
        "plays_28_days": 31,
        "plays_365_days": 50,
        "plays_total": 99,
    }  # first as before, by one more
    warehouse.upsert(MARTS["track_popularity"], MARTS["track_popularity"].rows([row]))
    assert night(warehouse, nobody).changed == 42
    assert stored(warehouse) == made_from_nothing(warehouse, nobody)


def test_a_night_that_breaks_off_is_finished_by_the_next(warehouse: Warehouse, registry: LocalRegistry) -> None:
    whole = made_from_nothing(warehouse, registry)
    warehouse.remove(RECOMMENDATIONS, "user_id > 20")  # a block was removed, but its states were not written
    warehouse.remove(LIST_STATES, "user_id > 20")
    assert night(warehouse, registry).changed == 22
    assert stored(warehouse) == whole


class FullWarehouse:
    """Takes two blocks of lists, then no more."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse, self._left = warehouse, 2

    def __getattr__(self, name: str) -> object:
        return getattr(self._warehouse, name)

    def append(self, table: Table, rows: pa.Table) -> None:
        if not self._left:
            raise WarehouseError("the disk is full")
        self._left -= 1
        self._warehouse.append(table, rows)


def test_what_was_stored_before_a_failure_stays_and_the_rest_is_made_later(
    warehouse: Warehouse, registry: LocalRegistry
) -> None:
    with pytest.raises(WarehouseError, match="the disk is full"):
        night(FullWarehouse(warehouse), registry)  # type: ignore[arg-type]  # it is one, for all that is asked
    assert {row[0] for row in stored(warehouse)} == set(range(1, 21))
    assert night(warehouse, registry).changed == 22
    assert stored(warehouse) == made_from_nothing(warehouse, registry)


def test_a_list_is_read_back_with_its_reasons(warehouse: Warehouse, registry: LocalRegistry) -> None:
    night(warehouse, registry)
    answer = read_list(warehouse, registry, 7, k=3, stored_length=K, now=NOW)
    assert (answer.answered_by, len(answer.recommendations)) == ("model", 3)
    first = answer.recommendations[0]
    heard = warehouse.read("SELECT track_id FROM marts.interactions WHERE user_id = 7")["track_id"].to_pylist()
    assert first.because_of and set(first.because_of) <= set(heard)
    assert first.reason.startswith("because you listened to song ")
    longer = read_list(warehouse, registry, 7, k=8, stored_length=K, now=NOW)
    assert [each.track_id for each in longer.recommendations[:3]] == [each.track_id for each in answer.recommendations]
    stranger = read_list(warehouse, registry, 42, k=3, stored_length=K, now=NOW)
    assert (stranger.answered_by, stranger.fallback_reason) == ("fallback", "no listen of a track that the model knows")


def test_a_list_whose_model_is_gone_keeps_its_tracks_without_carriers(
    warehouse: Warehouse, registry: LocalRegistry
) -> None:
    night(warehouse, registry)
    (registry.load("als-000001").folder / "model" / "model.npz").unlink()
    answer = read_list(warehouse, registry, 7, k=3, stored_length=K, now=NOW)
    assert [each.because_of for each in answer.recommendations] == [()] * 3
    assert answer.recommendations[0].reason == "close to your listening as a whole"


def test_a_damaged_champion_is_passed_over_for_the_one_before(warehouse: Warehouse, registry: LocalRegistry) -> None:
    promote_model(registry, interactions(), NOW, factors=3)
    (registry.load("als-000002").folder / "model" / "model.npz").write_bytes(b"?")
    written = night(warehouse, registry)
    assert written.model_version == "als-000001"
    assert "the champion is damaged: " in str(written) and "model.npz is corrupt" in str(written)
    assert read_list(warehouse, registry, 7, k=3, stored_length=K, now=NOW).model_version == "als-000001"
    (registry.load("als-000001").folder / "track_ids.npy").unlink()
    with pytest.raises(ModelError, match=r"als-000002/model/model.npz is corrupt"):
        night(warehouse, registry)


def test_rules_are_kept_in_every_list_and_a_change_of_them_makes_all_again(
    warehouse: Warehouse, registry: LocalRegistry
) -> None:
    night(warehouse, registry)
    rules = RerankRules(artist_cap=1)
    assert night(warehouse, registry, rules=rules).changed == 42
    assert night(warehouse, registry, rules=rules).was_same
    listed = warehouse.read(
        "SELECT count(*) AS rows, count(DISTINCT (user_id, artist)) AS artists FROM marts.recommendations "
        "JOIN core.dim_tracks USING (track_id) WHERE fallback_reason IS NULL"
    ).to_pylist()
    assert listed == [{"rows": 40 * K, "artists": 40 * K}]
    answer = read_list(warehouse, registry, 7, k=6, stored_length=K, now=NOW, rules=rules)
    assert len(answer.recommendations) == 6 == len({each.artist for each in answer.recommendations})


def exclude(warehouse: Warehouse, user: int, kind: str, target: str, *, is_active: bool = True) -> None:
    row = {"exclusion_id": f"{user} {kind} {target}", "user_id": user, "kind": kind, "target": target}
    row |= {"artist_key": target if kind == "artist" else None, "source_epoch": 1, "is_active": is_active}
    row |= {"changed_at": NOW}
    warehouse.upsert(MARTS["taste_exclusions"], MARTS["taste_exclusions"].rows([row]))


def tracks_of(warehouse: Warehouse, user: int) -> list[int]:
    return [track for each, track in stored(warehouse, "user_id, track_id") if each == user]


def test_what_is_excluded_is_in_no_list_whoever_makes_it(warehouse: Warehouse, registry: LocalRegistry) -> None:
    new = {"track_id": 900, "name": "new", "artist": "artist 3", "is_deleted": False, "source_epoch": 1}
    warehouse.append(MARTS["dim_tracks"], MARTS["dim_tracks"].rows([new]))
    listen(warehouse, 42, 900)
    night(warehouse, registry)
    before = {user: tracks_of(warehouse, user) for user in (7, 8, 41, 42)}  # two by the model, popularity, content
    gone = {user: before[user][0] for user in (7, 41, 42)}
    for user in (7, 41, 42):
        exclude(warehouse, user, "track", str(gone[user]))
    exclude(warehouse, 41, "artist", "artist 4")
    assert night(warehouse, registry, hours=24).changed == 3
    for user in (7, 41):
        assert len(tracks_of(warehouse, user)) == K
    for user in (7, 41, 42):
        assert gone[user] not in tracks_of(warehouse, user)
    assert all((track - 500) % 6 != 4 for track in tracks_of(warehouse, 41))
    assert tracks_of(warehouse, 8) == before[8]
    for user in (7, 42):
        exclude(warehouse, user, "track", str(gone[user]), is_active=False)
    night(warehouse, registry, hours=48)
    assert [tracks_of(warehouse, user) for user in (7, 42)] == [before[7], before[42]]


def test_who_has_no_stored_list_is_not_shown_what_they_exclude(warehouse: Warehouse, registry: LocalRegistry) -> None:
    night(warehouse, registry)
    shown = read_list(warehouse, registry, 999, k=3, stored_length=K, now=NOW)
    gone = shown.recommendations[0].track_id
    facts = MARTS["fact_listen_history"]
    warehouse.append(facts, facts.rows([{"listen_id": "x", "source_epoch": 1}]))  # the epoch that exclusions are of
    exclude(warehouse, 999, "track", str(gone))
    answer = read_list(warehouse, registry, 999, k=3, stored_length=K, now=NOW)
    assert (answer.answered_by, answer.fallback_reason) == ("fallback", shown.fallback_reason)
    listed = [each.track_id for each in answer.recommendations]
    assert listed[:2] == [each.track_id for each in shown.recommendations[1:]] and len(listed) == 3
    assert gone not in listed


def test_who_heard_only_new_tracks_is_answered_by_content(warehouse: Warehouse, registry: LocalRegistry) -> None:
    new = {"track_id": 900, "name": "new", "artist": "artist 3", "is_deleted": False, "source_epoch": 1}
    warehouse.append(MARTS["dim_tracks"], MARTS["dim_tracks"].rows([new]))
    listen(warehouse, 41, 900)
    night(warehouse, registry)
    answer = read_list(warehouse, registry, 41, k=K, stored_length=K, now=NOW)
    assert answer.fallback_reason == BY_CONTENT
    assert {each.artist for each in answer.recommendations} == {"artist 3"}
    assert {each.reason for each in answer.recommendations} == {"by artists and of genres that you listen to"}
