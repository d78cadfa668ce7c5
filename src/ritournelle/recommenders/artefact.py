"""What a fitted model is on disk: `model.json` (name, config) beside `model.npz` (arrays). No pickle, no code."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ritournelle.errors import ModelError

FORMAT = 1
"""Grows when an older program could not read what a newer one wrote."""

_DESCRIPTION = "model.json"
_ARRAYS = "model.npz"
_ADVICE = "train again, or go back to another version with `ritournelle models rollback`"


@dataclass(frozen=True)
class Artefact:
    """A model as it lies on disk: who can read it, with which config, and its arrays by name."""

    name: str
    config: dict[str, Any]
    arrays: dict[str, NDArray[Any]]


def write_artefact(folder: Path, artefact: Artefact) -> None:
    """Write to `folder`, which must not hold anything yet: all of it or, if killed on the way, nothing.

    Raises `ModelError` if the folder is taken, since versions are never written over.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(f"{folder} holds something already; choose another folder: models are never written over")
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write_into(unfinished, artefact)
        os.replace(unfinished, folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write_into(folder: Path, artefact: Artefact) -> None:
    for name, array in artefact.arrays.items():
        if array.dtype.kind == "f" and not np.all(np.isfinite(array)):
            raise ModelError(f"array {name!r} of model {artefact.name!r} holds NaN or infinity; it is not saved")
    description = {"format": FORMAT, "name": artefact.name, "config": artefact.config}
    (folder / _DESCRIPTION).write_text(json.dumps(description, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    with open(folder / _ARRAYS, "wb") as file:
        np.savez(file, allow_pickle=False, **artefact.arrays)


def read_artefact(folder: Path) -> Artefact:
    """Read what `write_artefact` wrote; `ModelError` that names the file if it is missing, cut off or altered."""
    description = read_description(folder)
    return Artefact(description.name, description.config, _read_arrays(folder / _ARRAYS))


def read_description(folder: Path) -> Artefact:
    """The artefact without its arrays, to learn quickly whose it is; errors as in `read_artefact`."""
    path = folder / _DESCRIPTION
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"the model file {path} is missing; {_ADVICE}") from error
    except ValueError as error:  # json.JSONDecodeError and UnicodeDecodeError
        raise ModelError(f"the model file {path} is corrupt ({error}); {_ADVICE}") from error
    if not isinstance(description, dict) or not {"format", "name", "config"} <= set(description):
        raise ModelError(f"the model file {path} does not describe a model; {_ADVICE}")
    if description["format"] != FORMAT:
        raise ModelError(f"the model file {path} has format {description['format']}, this program reads {FORMAT}")
    return Artefact(description["name"], description["config"], {})


def _read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        # Opened here, because np.load leaves a file that is no archive open.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except FileNotFoundError as error:
        raise ModelError(f"the model file {path} is missing; {_ADVICE}") from error
    except (ValueError, EOFError, OSError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise ModelError(f"the model file {path} is corrupt ({error}); {_ADVICE}") from error
