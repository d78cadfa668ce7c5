"""List states change when a history or what made the lists does, and only then."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ritournelle.domain.interactions import IdMap
from ritournelle.inference.never import no_pairs
from ritournelle.inference.states import ALWAYS_AGAIN, ListStates, list_states

MAKERS = {"by_model": "als-000001|20", "by_fallback": "als-000001|20|popular"}
LISTENERS = IdMap.of(range(1, 7))  # 5 and 6 heard nothing


def histories(**changed: int) -> pa.Table:
    """Listeners 1 to 4; a change is named by column and listener."""
    columns: dict[str, Any] = {"user_id": [1, 2, 3, 4]}
    for place, name in enumerate(("tracks", "first_sum", "second_sum")):
        columns[name] = [changed.get(f"{name}_{user}", 10 * user + place) for user in columns["user_id"]]
    return pa.table(columns)


def never(*pairs: tuple[int, int]) -> pa.Table:
    """Pairs of listener and track."""
    columns = [list(column) for column in zip(*pairs, strict=True)] or [[], []]
    return pa.table(columns, schema=no_pairs().schema)


def made(rows: pa.Table | None = None, excluded: pa.Table | None = None, **makers: str) -> ListStates:
    excluded = never() if excluded is None else excluded
    return list_states(LISTENERS, histories() if rows is None else rows, excluded, **(MAKERS | makers))


def stored(states: ListStates, strangers: list[int] | None = None) -> pa.Table:
    return states.rows(states.listeners.ids, np.array(strangers or [], dtype=np.int64))


def changed(states: ListStates, before: pa.Table) -> list[int]:
    found: list[int] = states.changes(before).changed.tolist()
    return found


def test_the_same_changes_nothing() -> None:
    assert changed(made(), stored(made())) == []


def test_whoever_listened_is_made_again() -> None:
    for column in ("tracks", "first_sum", "second_sum"):
        assert changed(made(histories(**{f"{column}_3": 99})), stored(made())) == [3]


def test_another_model_makes_all_again_and_other_popularity_those_without_a_history() -> None:
    before = stored(made())
    assert changed(made(by_model="als-000002|20", by_fallback="als-000002|20|popular"), before) == [1, 2, 3, 4, 5, 6]
    assert changed(made(by_fallback="als-000001|20|another"), before) == [5, 6]


def test_whoever_excludes_or_takes_back_is_made_again_and_nobody_else() -> None:
    before = stored(made(excluded=never((2, 7), (2, 9), (5, 7), (99, 7))))
    assert changed(made(excluded=never((5, 7), (2, 9), (2, 7))), before) == []
    assert changed(made(excluded=never((2, 7), (5, 7))), before) == [2]
    assert changed(made(), before) == [2, 5]


def test_who_heard_only_unknown_tracks_is_made_every_night() -> None:
    before = stored(made(), strangers=[2, 5])
    assert before.column("state").to_pylist()[1] == ALWAYS_AGAIN
    assert changed(made(), before) == [2]


def test_where_there_is_no_model_the_states_tell_of_popularity_and_nobody_is_made_every_night() -> None:
    before = stored(made(by_model="none|20|popular", by_fallback="none|20|popular"), strangers=[1, 2, 3, 4, 5, 6])
    assert changed(made(by_model="none|20|popular", by_fallback="none|20|popular"), before) == []
    assert changed(made(by_model="none|20|new", by_fallback="none|20|new"), before) == [1, 2, 3, 4, 5, 6]


def test_who_came_is_made_and_who_left_is_named() -> None:
    before = stored(list_states(IdMap.of([2, 3, 9]), histories(), never(), **MAKERS))
    found = made().changes(before)
    assert found.changed.tolist() == [1, 4, 5, 6]
    assert found.gone.tolist() == [9]


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_other_sums_are_other_states(first: int, second: int) -> None:
    one, other = (made(histories(first_sum_1=value)).states[0] for value in (first, second))
    assert (one == other) == (first == second)
    assert one > ALWAYS_AGAIN
