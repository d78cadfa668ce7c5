"""`python -m benchmarks.world`: what lists are worth where true tastes are known, and what the gate says without any.

Each seed is a world of its own, played for three weeks. With planted tastes, the chosen model is compared with an
oracle, popularity and random lists; with the real app's uniform listens nothing can be learnt or may be promoted.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np

from benchmarks.world.usefulness import Usefulness, usefulness
from ritournelle.evaluation.bootstrap import mean_interval
from ritournelle.simulator.config import WorldConfig
from ritournelle.simulator.habits import Habits

MAKERS = ("oracle", "model", "popularity", "random")


def main() -> None:
    """Read the command line, play, print; exit code 1 when a world got a model that should not, or none that should."""
    chosen = _arguments()
    config = WorldConfig(users=chosen.users, tracks=chosen.tracks, mean_listens=8, habits=Habits.tidy())
    uniform = replace(config, habits=replace(config.habits, uniform_listens=True))
    worlds = {
        name: [_told(usefulness(replace(one, seed=seed), chosen.days)) for seed in range(1, chosen.seeds + 1)]
        for name, one in (("tastes", config), ("uniform", uniform))
    }
    if chosen.json:
        print(json.dumps({name: [asdict(one) for one in results] for name, results in worlds.items()}))
    else:
        print("\n\n".join(_as_text(name, results) for name, results in worlds.items()))
    learnt = all(one.promoted for one in worlds["tastes"])
    sys.exit(0 if learnt and not any(one.promoted for one in worlds["uniform"]) else 1)


def _arguments() -> argparse.Namespace:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.world", description=__doc__)
    arguments.add_argument("--seeds", type=int, default=10)
    arguments.add_argument("--users", type=int, default=2_000)
    arguments.add_argument("--tracks", type=int, default=1_000)
    arguments.add_argument("--days", type=int, default=21)
    arguments.add_argument("--json", action="store_true")
    return arguments.parse_args()


def _told(result: Usefulness) -> Usefulness:
    """Progress on standard error."""
    word = "promoted" if result.promoted else "refused"
    print(f"  seed {result.seed}: {result.chosen[:60]} {word}, {_short(result)}", file=sys.stderr, flush=True)
    return result


def _short(result: Usefulness) -> str:
    return ", ".join(f"{name} {result.of[name]:.4f}" for name in MAKERS)


def _as_text(name: str, results: Sequence[Usefulness]) -> str:
    lines = [f"{name}: {len(results)} worlds, the gate promoted {sum(one.promoted for one in results)}"]
    for maker in MAKERS:
        lines.append(f"  {maker:12}{mean_interval(np.array([one.of[maker] for one in results]))}")
    gains = np.array([one.of["model"] - one.of["popularity"] for one in results])
    lines.append(f"  model − popularity: {mean_interval(gains)}")
    shares = np.array([one.share_of_the_possible for one in results])
    if np.all(np.isfinite(shares)):
        lines.append(f"  of the way from popularity to the oracle: {mean_interval(shares)}")
    lines += [f"  seed {one.seed}: {one.chosen}: {'; '.join(one.reasons)}" for one in results[:3]]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
