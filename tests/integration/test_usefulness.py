"""Where true tastes are known the chosen model is worth more than popularity; where there are none nothing serves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.world.played import Played
from benchmarks.world.usefulness import usefulness
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits

CONFIG = WorldConfig(users=500, tracks=300, mean_listens=8, seed=3, habits=Habits.tidy())
UNIFORM = replace(CONFIG, habits=replace(CONFIG.habits, uniform_listens=True))


@pytest.mark.slow
def test_the_model_is_worth_more_than_popularity_and_less_than_the_oracle() -> None:
    found = usefulness(CONFIG, days=21)
    assert found.promoted, found.reasons
    assert found.window.startswith("temporal")
    assert found.of["oracle"] > found.of["model"] > found.of["popularity"] > found.of["random"]
    assert 0.1 < found.share_of_the_possible < 1


@pytest.mark.slow
def test_without_tastes_no_model_beats_popularity_and_none_is_promoted() -> None:
    found = usefulness(UNIFORM, days=21)
    assert not found.promoted
    assert "not better than popularity with 95% confidence" in found.reasons[0]
    assert abs(found.of["model"] - found.of["random"]) < 0.001


def test_preferences_are_probabilities_over_the_tracks_of_the_past() -> None:
    played = Played.of(replace(CONFIG, users=30, tracks=40), days=2)
    preferences = played.preferences()
    assert preferences.shape == (len(played.past.users), len(played.past.tracks))
    assert abs(preferences.sum(axis=1) - 1).max() < 1e-5
    assert len(played.past.listens) > 30 * 7
