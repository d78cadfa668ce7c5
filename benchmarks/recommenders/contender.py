"""One piece of work, as a process of its own: `python -m benchmarks.recommenders.contender WORK HOME`.

Each writes what it found into HOME/WORK.json, and how many seconds it took once Python and the platform were imported.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_matrix, load_npz
from threadpoolctl import threadpool_limits

from benchmarks.recommenders.marts import url_of, write_marts
from benchmarks.recommenders.population import Size
from ritournelle.domain.interactions import IdMap, Interactions
from ritournelle.inference.champion import Champion, load_champion
from ritournelle.inference.nightly import write_nightly_lists
from ritournelle.recommenders.als import AlsConfig, AlsRecommender
from ritournelle.registry.contents import MODEL_FOLDER, write_track_ids
from ritournelle.registry.manifest import Manifest
from ritournelle.registry.store import LocalRegistry
from ritournelle.training.dataset import training_data
from ritournelle.warehouse.connect import connect
from ritournelle.warehouse.marts import INTERACTIONS

CONFIG = AlsConfig(factors=64)
LIST_LENGTH = 100
_ASKED = 1_000


def marts(home: Path) -> dict[str, Any]:
    """The population, in a process of its own: a child's peak counts what its parent held when it began."""
    return {"pairs": write_marts(home, Size(**json.loads((home / "size.json").read_text(encoding="utf-8"))))}


def bare_fit(home: Path) -> dict[str, Any]:
    """The library on a ready matrix of confidences."""
    from implicit.cpu.als import AlternatingLeastSquares

    confidence = csr_matrix(load_npz(home / "pairs.npz"))
    with threadpool_limits(limits=1, user_api="blas"):
        library = AlternatingLeastSquares(
            factors=CONFIG.factors, regularization=20.0, alpha=1.0, iterations=CONFIG.iterations, random_state=1
        )
        library.fit(confidence, show_progress=False)
    np.savez(home / "bare.npz", items=library.item_factors, users=library.user_factors)
    return {"pairs": int(confidence.nnz)}


def fit(home: Path) -> dict[str, Any]:
    """From the mart to a registered champion."""
    return _train(home, lambda table: table, None)


def fit_yesterday(home: Path) -> dict[str, Any]:
    """The same without one pair in a hundred: the champion that today's training may start from."""
    return _train(home, lambda table: table.filter(np.random.default_rng(5).random(table.num_rows) >= 0.01), None)


def fit_warm(home: Path) -> dict[str, Any]:
    """From the mart to a registered champion, starting from the factors of the champion in force."""
    return _train(home, lambda table: table, load_champion(_registry(home)))


def bare_top(home: Path) -> dict[str, Any]:
    """The library's own lists of all listeners, from factors that it has for all of them."""
    from implicit.cpu.als import AlternatingLeastSquares

    heard, factors = csr_matrix(load_npz(home / "pairs.npz")), np.load(home / "bare.npz")
    library = AlternatingLeastSquares(factors=CONFIG.factors)
    library.item_factors, library.user_factors = factors["items"], factors["users"]
    with threadpool_limits(limits=1, user_api="blas"):
        ids, _ = library.recommend(np.arange(heard.shape[0]), heard, N=LIST_LENGTH)
    return {"rows": int(ids.size)}


def lists(home: Path) -> dict[str, Any]:
    """The nightly lists, from the mart to the mart."""
    with connect(url_of(home), threads=2) as warehouse:
        now = datetime.now(UTC)
        written = write_nightly_lists(warehouse, _registry(home), list_length=LIST_LENGTH, computed_at=now)
    return {"changed": written.changed, "rows": written.rows, "told": str(written)}


def one_listener(home: Path) -> dict[str, Any]:
    """Milliseconds from a history to the 50 best tracks: light listeners, and one who heard all that can be heard."""
    heard = csr_matrix(load_npz(home / "pairs.npz"))
    champion = _champion(home)
    light = [heard[row] for row in np.random.default_rng(3).choice(heard.shape[0], _ASKED, replace=False)]
    width = heard.shape[1]
    tracks = np.random.default_rng(3).permutation(width)[: width - 100]
    plays = np.bincount(np.random.default_rng(4).choice(tracks, 100_000), minlength=width)
    heavy = csr_matrix(plays[np.newaxis, :].astype(np.float32))
    return {"light": _milliseconds(champion, light), "heavy": _milliseconds(champion, [heavy] * 200)} | {
        "heavy_tracks": int(heavy.nnz)
    }


def _milliseconds(champion: Champion, histories: list[Any]) -> dict[str, float]:
    model, took = champion.model, []
    for history in histories[:20] + histories:
        started = time.perf_counter()
        model.recommend(model.fold_in(history), 50, exclude=history)
        took.append(1000 * (time.perf_counter() - started))
    p50, p99 = np.percentile(took[20:], [50, 99])
    return {"p50": float(p50), "p99": float(p99)}


def _train(home: Path, chosen: Callable[[pa.Table], pa.Table], start: Champion | None) -> dict[str, Any]:
    with connect(url_of(home), threads=2) as warehouse:
        data = training_data(chosen(INTERACTIONS.run(warehouse)))
    model = AlsRecommender(CONFIG)
    if start is None:
        model.fit(data.matrix)
    else:
        model.fit(data.matrix, start=start.model, start_rows=start.tracks.rows(data.tracks.ids))
    registry = _registry(home)
    version = registry.register(_manifest(data), lambda folder: _save(folder, model, data.tracks))
    registry.promote(version)
    return {"version": version, "pairs": int(data.matrix.nnz)}


def _manifest(data: Interactions) -> Manifest:
    config, now = CONFIG.model_dump(mode="json"), datetime.now(UTC)
    sizes = (len(data.users), len(data.tracks), int(data.matrix.nnz))
    return Manifest("als", config, CONFIG.seed, None, now, *sizes, data.content_hash, now, "", {})


def _save(folder: Path, model: AlsRecommender, tracks: IdMap) -> None:
    model.save(folder / MODEL_FOLDER)
    write_track_ids(folder, tracks)


def quality(home: Path) -> dict[str, Any]:
    """Recall@20 of the champion on the pairs that were held out: histories are folded in, not known to it."""
    champion = _champion(home)
    held_out = np.load(home / "held_out.npy")
    with connect(url_of(home), threads=2, read_only=True) as warehouse:
        table = INTERACTIONS.run(warehouse)
    columns = [table.column(name) for name in ("user_id", "track_id", "weight")]
    heard = Interactions.of(*columns, users=IdMap.of(held_out[:, 0]), tracks=champion.tracks).matrix
    ranked = champion.model.recommend(champion.model.fold_in(heard), 20, exclude=heard)
    wanted = champion.tracks.rows(held_out[np.argsort(held_out[:, 0]), 1])
    return {"recall@20": float(np.mean(np.any(ranked.tracks == wanted[:, None], axis=1))), "asked": len(wanted)}


def _registry(home: Path) -> LocalRegistry:
    return LocalRegistry(home / "registry")


def _champion(home: Path) -> Champion:
    champion = load_champion(_registry(home))
    if champion is None:
        raise SystemExit("train first")
    return champion


WORK: dict[str, Callable[[Path], dict[str, Any]]] = {
    work.__name__: work
    for work in (marts, bare_fit, fit, fit_yesterday, fit_warm, bare_top, lists, one_listener, quality)
}


if __name__ == "__main__":
    name, chosen_home = sys.argv[1], Path(sys.argv[2])
    begun = time.perf_counter()
    found = WORK[name](chosen_home)
    found["seconds"] = time.perf_counter() - begun
    (chosen_home / f"{name}.json").write_text(json.dumps(found), encoding="utf-8")
