"""Tuning: a bounded search through the options of one family, on the window before the test window, never on it.

Optuna searches (tree-structured Parzen estimator; Akiba et al., "Optuna", KDD 2019). The first trial is the family's
defaults, so that a search never ends below them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ritournelle.recommenders.factory import recommender_class
from ritournelle.recommenders.search_space import Between, OneOf
from ritournelle.evaluation.window import Window
from ritournelle.training.candidate import Candidate
from ritournelle.training.fitted import FittedModels
from ritournelle.training.narrowed import of_most_heard
from ritournelle.training.selection import Goal, OnTrial, Trial, attempt

if TYPE_CHECKING:
    import optuna

_TRIAL = "trial"
"""Where a trial of ours is kept within one of Optuna's."""


@dataclass(frozen=True)
class Budget:
    """How much a search may cost: trials in all, those of earlier attempts included, and minutes from now on."""

    trials: int = 20
    minutes: float | None = None


def tune(
    window: Window,
    family: str,
    goal: Goal,
    budget: Budget,
    *,
    journal: Path | None = None,
    fixed: Candidate | None = None,
    models: FittedModels | None = None,
    on_trial: OnTrial | None = None,
) -> Trial:
    """The best trial of a search through `search_space` of the family.

    `fixed` is where the search starts: its options are tried first, and those outside the search space hold in all
    trials. With a `journal` file the search is resumed where an earlier one, killed or out of budget, ended; the name
    of the study in it says window, family and goal apart. Trials are seeded; the time limit ends the search after the
    trial that crosses it; one trial is always made. A family that is costly on many tracks (`searched_on`) is searched
    for on the most heard ones; the best then runs on the whole window. `models` keeps the best model alone.
    """
    kind = recommender_class(family)
    start = fixed or Candidate(family)
    if not kind.search_space or budget.trials <= 1:
        return _told(attempt(window, start, goal, models=models), on_trial)
    if kind.searched_on is None or window.interactions.shape[1] <= kind.searched_on:
        return _searched(window, start, goal, budget, journal, models, on_trial)
    best = _searched(of_most_heard(window, kind.searched_on), start, goal, budget, journal, None, on_trial)
    return _told(attempt(window, best.candidate, goal, models=models), on_trial)


def _searched(
    window: Window,
    start: Candidate,
    goal: Goal,
    budget: Budget,
    journal: Path | None,
    models: FittedModels | None,
    on_trial: OnTrial | None,
) -> Trial:
    """The best trial; of `models` the best one is kept."""
    family, space = start.family, recommender_class(start.family).search_space
    study, leading = _study(window, start, goal, journal), None
    begun = time.monotonic()
    while not _done(study) or (len(_done(study)) < budget.trials and not _is_over(begun, budget)):
        proposed = study.ask()
        candidate = Candidate(
            family, dict(start.options) | {name: _value(proposed, name, space[name]) for name in space}
        )
        trial = _told(attempt(window, candidate, goal, models=models), on_trial)
        leading = _better(trial, leading, models)
        proposed.set_user_attr(_TRIAL, json.dumps(trial.to_dict()))
        study.tell(proposed, max(trial.score, -1.0))  # Optuna takes no infinity; every metric is at least 0
    return max((_trial_of(frozen) for frozen in _done(study)), key=lambda trial: trial.score)


def _better(trial: Trial, leading: Trial | None, models: FittedModels | None) -> Trial:
    """The better trial; the model of the other one is forgotten."""
    better, worse = (trial, leading) if leading is None or trial.score > leading.score else (leading, trial)
    if models is not None and worse is not None and worse.candidate != better.candidate:
        models.drop(worse.candidate)
    return better


def _study(window: Window, start: Candidate, goal: Goal, journal: Path | None) -> optuna.Study:
    import optuna  # here: 0.4 s to import
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    storage = None
    if journal is not None:
        journal.parent.mkdir(parents=True, exist_ok=True)
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(journal)))
    study = optuna.create_study(
        storage=storage,
        study_name=f"{start.family} {goal.name} seed {goal.seed} {window.interactions.shape} {window.interactions.nnz}",
        sampler=optuna.samplers.TPESampler(seed=goal.seed, n_startup_trials=5),
        direction="maximize",
        load_if_exists=True,
    )
    if not study.trials:
        study.enqueue_trial(_start(start))
    return study


def _start(start: Candidate) -> dict[str, Any]:
    """The options that the first trial has: those given, else the defaults."""
    family = recommender_class(start.family)
    config = family.config_type(**start.options)
    return {name: getattr(config, name) for name in family.search_space}


def _value(trial: optuna.Trial, name: str, choice: Between | OneOf) -> Any:
    if isinstance(choice, OneOf):
        return trial.suggest_categorical(name, choice.values)
    if choice.is_whole:
        return trial.suggest_int(name, int(choice.low), int(choice.high), log=choice.log)
    return trial.suggest_float(name, choice.low, choice.high, log=choice.log)


def _done(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """The trials that came to an end: one that was killed is tried anew."""
    return [trial for trial in study.trials if _TRIAL in trial.user_attrs and trial.state.is_finished()]


def _trial_of(frozen: optuna.trial.FrozenTrial) -> Trial:
    kept = json.loads(frozen.user_attrs[_TRIAL])
    score = float("-inf") if kept["score"] is None else float(kept["score"])
    candidate = Candidate(kept["family"], kept["options"])
    return Trial(candidate, score, kept["metrics"], kept["seconds"], kept["problem"])


def _is_over(begun: float, budget: Budget) -> bool:
    return budget.minutes is not None and time.monotonic() - begun > 60 * budget.minutes


def _told(trial: Trial, on_trial: Callable[[Trial], None] | None) -> Trial:
    if on_trial is not None:
        on_trial(trial)
    return trial
