"""Model: training breaks, a model is degenerate or bad, its files are gone."""

from __future__ import annotations

from ritournelle.drill.acts import RECOMMEND, TRAIN
from ritournelle.drill.case import Case, Family
from ritournelle.drill.models import CannotLearn, NoScores, SameForAll, Unpopular
from ritournelle.drill.registry import file_broken, file_gone, promoted_by_hand, trained_as

_STAYS = "the lists of yesterday stay; nothing is published"
_CHAMPION = "lists of today by the champion of before, which goes on serving"

CASES = (
    Case(
        name="training_fails",
        family=Family.MODEL,
        happens="the model breaks while it is trained",
        lands=_STAYS,
        sensor="model_training",
        trouble=trained_as(CannotLearn.address()),
        act=TRAIN,
    ),
    Case(
        name="degenerate_model_same_list",
        family=Family.MODEL,
        happens="a model that recommends the same to everybody is promoted by hand",
        lands=_STAYS,
        sensor="model_degenerate",
        trouble=promoted_by_hand(SameForAll.address()),
        act=RECOMMEND,
    ),
    Case(
        name="degenerate_model_nan_scores",
        family=Family.MODEL,
        happens="a model whose scores are no numbers is promoted by hand",
        lands=_STAYS,
        sensor="model_degenerate",
        trouble=promoted_by_hand(NoScores.address()),
        act=RECOMMEND,
    ),
    Case(
        name="metrics_below_champion",
        family=Family.MODEL,
        happens="the new model is no better than popularity, and the champion is",
        lands=_CHAMPION,
        sensor="model_quality",
        trouble=trained_as("popularity"),
        act=TRAIN,
    ),
    Case(
        name="metrics_below_popularity",
        family=Family.MODEL,
        happens="the new model is worse than recommending what is popular",
        lands=_CHAMPION,
        sensor="model_quality",
        trouble=trained_as(Unpopular.address()),
        act=TRAIN,
    ),
    Case(
        name="model_file_missing",
        family=Family.MODEL,
        happens="a file of the champion is gone",
        lands="lists by the champion before it",
        sensor="model_artefact",
        trouble=file_gone,
        act=RECOMMEND,
    ),
    Case(
        name="model_file_corrupt",
        family=Family.MODEL,
        happens="some bytes of the champion are others than when it was saved",
        lands="lists by the champion before it",
        sensor="model_artefact",
        trouble=file_broken,
        act=RECOMMEND,
    ),
)
