"""What lies in the folder of a model version: the recommender's own files, and the outside id of each of its rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ritournelle.domain.interactions import IdMap
from ritournelle.errors import ModelError

MODEL_FOLDER = "model"
"""Where the recommender saves itself."""

_FILE = "track_ids.npy"


def write_track_ids(folder: Path, tracks: IdMap) -> None:
    """Write the map beside the model; only tracks are kept, so that no listener has to be erased from a model."""
    np.save(folder / _FILE, tracks.ids, allow_pickle=False)


def read_track_ids(folder: Path) -> IdMap:
    """Read the map back; `ModelError` that names the file if it is missing or corrupt."""
    path = folder / _FILE
    try:
        return IdMap(np.load(path, allow_pickle=False))
    except FileNotFoundError as error:
        raise ModelError(f"the model file {path} is missing; promote another version, or train again") from error
    except (ValueError, EOFError) as error:
        raise ModelError(f"the model file {path} is corrupt ({error}); promote another version") from error
