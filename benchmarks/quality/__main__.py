"""`python -m benchmarks.quality`: what the platform chooses on published splits, and what it reaches there.

Every choice is made on validation parts (see each experiment); the test part is looked at once, by the family bests
and the winner. `--train FILE --test FILE --k 20` does the same for any split given as lines `user item item …`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.quality.experiment import Experiment, mean
from benchmarks.quality.fold_in import fold_in, fold_in_table
from benchmarks.quality.hetrec import hetrec
from benchmarks.quality.lines import lines
from benchmarks.quality.nowplaying import nowplaying
from benchmarks.quality.plans import PLANS
from ritournelle.errors import RitournelleError
from ritournelle.training.choose import Choice, choose
from ritournelle.training.fitted import FittedModels
from ritournelle.training.selection import Trial, attempt

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def main() -> None:
    """Read the command line, run the experiments, print; exit code 1 with a sentence for bad input."""
    wanted = _arguments()
    try:
        results = {name: _repeated(name, make, wanted.seeds) for name, make in _experiments(wanted).items()}
        if not wanted.train and (not wanted.only or "fold_in" in wanted.only):
            results["fold_in"] = fold_in(wanted.data, 0, say=_say)
    except RitournelleError as error:
        sys.exit(f"quality: {error}")
    print(json.dumps(results, indent=2) if wanted.json else _table(results))


def _experiments(wanted: argparse.Namespace) -> dict[str, Callable[[int], Experiment]]:
    if wanted.train:
        wanted.seeds = 1
        return {"split": lambda seed: lines(wanted.train, wanted.test, wanted.k, seed)}
    makers = {
        "hetrec": lambda seed: hetrec(wanted.data, seed),
        "nowplaying": lambda seed: nowplaying(wanted.data, seed),
    }
    if not wanted.data.is_dir():
        sys.exit(f"quality: the data sets are not in {wanted.data}; name their folder with --data")
    return {name: make for name, make in makers.items() if not wanted.only or name in wanted.only}


def _repeated(name: str, make: Callable[[int], Experiment], seeds: int) -> dict[str, Any]:
    """The mean over seeds; sessions are in the order of time, so that one repetition is all there is."""
    runs = [_one(make(seed)) for seed in range(1 if name == "nowplaying" else seeds)]
    shown = runs[0]["shown"]
    families = {
        family: mean([run["families"][family] for run in runs])
        for family in runs[0]["families"]
        if all(family in run["families"] for run in runs)
    }
    return {
        "chosen": runs[0]["chosen"] if len({run["chosen"] for run in runs}) == 1 else [run["chosen"] for run in runs],
        **mean([run["chosen_metrics"] for run in runs]),
        "seeds": len(runs),
        "metrics": shown,
        "families": families,
        "seconds": round(sum(run["seconds"] for run in runs), 1),
    }


def _one(experiment: Experiment) -> dict[str, Any]:
    started = time.perf_counter()
    _say(f"{experiment.name}, seed {experiment.goal.seed}: choosing among {', '.join(_families(experiment))}")
    choice = choose(experiment.choosing, PLANS[experiment.name], experiment.goal, on_trial=_say_trial)
    _say(f"{experiment.name}: chosen {choice.winner.candidate}; now the test part")
    tested = _tested(experiment, choice)
    return {
        "chosen": choice.winner.candidate.family,
        "chosen_metrics": tested[choice.winner.candidate.family],
        "families": tested,
        "shown": list(experiment.shown.values()),
        "seconds": time.perf_counter() - started,
    }


def _tested(experiment: Experiment, choice: Choice) -> dict[str, dict[str, float]]:
    """Test metrics of each family's best, as the literature calls them; blends are made of what is fitted then."""
    results: dict[str, dict[str, float]] = {}
    models = FittedModels(experiment.final, experiment.goal.seed)
    for trial in choice.trials:
        if trial.problem or trial.candidate.family in results:
            continue
        reached = attempt(experiment.final, trial.candidate, experiment.goal, models=models)
        results[trial.candidate.family] = {
            name: round(reached.metrics[metric], 5) for metric, name in experiment.shown.items()
        }
        _say(f"  test, {trial.candidate.family}: {results[trial.candidate.family]}")
    return results


def _families(experiment: Experiment) -> Sequence[str]:
    return [candidate.family for candidate in PLANS[experiment.name].candidates]


def _table(results: Mapping[str, Any]) -> str:
    rows = []
    for name, result in results.items():
        if name == "fold_in":
            rows += fold_in_table(result)
            continue
        rows.append(f"{name}: mean of {result['seeds']} seed(s), {result['seconds']:.0f} s; chosen: {result['chosen']}")
        rows.append("  " + f"{'':24}" + "".join(f"{metric:>12}" for metric in result["metrics"]))
        chosen = {metric: result[metric] for metric in result["metrics"]}
        for family, metrics in [("→ chosen", chosen), *result["families"].items()]:
            rows.append("  " + f"{family:24}" + "".join(f"{metrics[metric]:12.4f}" for metric in result["metrics"]))
    return "\n".join(rows)


def _say_trial(trial: Trial) -> None:
    reached = trial.problem or f"{trial.score:.4f}"
    _say(f"  {reached}  {trial.seconds:6.1f} s  {trial.candidate}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one object instead of a table")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the real data sets")
    parser.add_argument("--only", nargs="*", help="some of: hetrec, nowplaying, fold_in")
    parser.add_argument("--seeds", type=int, default=3, help="repetitions of a random split")
    parser.add_argument("--train", type=Path, help="any split: lines `user item item …` to learn and choose from")
    parser.add_argument("--test", type=Path, help="any split: lines of the answers")
    parser.add_argument("--k", type=int, default=20, help="length of the lists of --train and --test")
    wanted = parser.parse_args()
    if bool(wanted.train) != bool(wanted.test):
        parser.error("--train and --test belong together")
    if wanted.k < 1 or wanted.seeds < 1:
        parser.error("--k and --seeds start at 1")
    return wanted


if __name__ == "__main__":
    main()
