"""Writes `by_ranx.json`: random lists and answers with the metrics that ranx gives them, for `test_metrics.py`.

ranx (Bassani, ECIR 2022) brings numba and pins of its own, so that it has an environment of its own:

    python -m venv ranx && ranx/bin/pip install ranx && ranx/bin/python tests/unit/evaluation/by_ranx.py
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

METRICS = {"recall": "recall", "precision": "precision", "ndcg": "ndcg", "mrr": "mrr", "hit": "hit_rate"}
KS = (1, 5, 10)
LISTS, TRACKS, LENGTH = 40, 30, 10


def main() -> None:
    """Forty lists of ten out of thirty tracks, one to six answers each."""
    from ranx import Qrels, Run, evaluate  # only there in the environment named above

    random = np.random.default_rng(11)
    lists = [random.permutation(TRACKS)[:LENGTH].tolist() for _ in range(LISTS)]
    answers = [sorted(random.permutation(TRACKS)[: random.integers(1, 7)].tolist()) for _ in range(LISTS)]
    qrels = Qrels({str(row): {str(track): 1 for track in mine} for row, mine in enumerate(answers)})
    run = Run(
        {str(row): {str(track): float(-place) for place, track in enumerate(mine)} for row, mine in enumerate(lists)}
    )
    asked = [f"{theirs}@{k}" for theirs in METRICS.values() for k in KS]
    evaluate(qrels, run, asked)
    values = {
        f"{ours}@{k}": [float(run.scores[f"{theirs}@{k}"][str(row)]) for row in range(LISTS)]
        for ours, theirs in METRICS.items()
        for k in KS
    }
    told = {"lists": lists, "answers": answers, "tracks": TRACKS, "values": values}
    Path(__file__).with_name("by_ranx.json").write_text(json.dumps(told) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
