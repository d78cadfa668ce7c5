"""The local registry: one folder per version and a pointer file to the champion."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import xxhash

from ritournelle.domain.clock import utc_now
from ritournelle.errors import ModelError
from ritournelle.registry.aliases import UNFINISHED, AliasFile, flush
from ritournelle.registry.base import ModelVersion, Promotion
from ritournelle.registry.manifest import Manifest

_MANIFEST = "manifest.json"
_POINTER = "champion.json"
_VERSION = re.compile(r"[a-z0-9_]+-(\d{6,})")
_FORGOTTEN_AFTER_SECONDS = 24 * 3600
"""An unfinished registration this old belongs to a process that was killed."""


class LocalRegistry:
    """A `Registry` in a folder: `versions/als-000001/{manifest.json, …}` and `champion.json`.

    Safe against being killed: a version is prepared under a hidden name and appears by one rename; so does the pointer.
    Two processes that register at once get two names.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._versions = folder / "versions"
        self._aliases = AliasFile(folder / _POINTER)

    def register(self, manifest: Manifest, save: Callable[[Path], None], *, after: Sequence[str] = ()) -> str:
        """See `Registry.register`; the number is also above those of the versions in `after`."""
        self._versions.mkdir(parents=True, exist_ok=True)
        self._sweep()
        unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self._versions))
        try:
            save(unfinished)
            manifest = replace(manifest, files=_hashes(unfinished))
            return self._publish(unfinished, manifest, after)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def adopt(self, folder: Path) -> None:
        """Take in a copy of a version of another registry, under its own name; `ModelError` if it is not whole.

        Nothing happens where a version of that name is here already.
        """
        manifest = _read_manifest(folder / _MANIFEST)
        _verify(folder, manifest)
        if not _VERSION.fullmatch(manifest.version):
            raise ModelError(f"{folder} holds a model that no registry has given a version")
        self._versions.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=self._versions))
        try:
            shutil.copytree(folder, unfinished, dirs_exist_ok=True)
            os.chmod(unfinished, 0o755)
            _flush_all(unfinished)
            if not (self._versions / manifest.version).exists():
                os.rename(unfinished, self._versions / manifest.version)
                flush(self._versions)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)

    def versions(self) -> list[str]:
        """See `Registry.versions`."""
        if not self._versions.is_dir():
            return []
        names = (entry.name for entry in self._versions.iterdir() if _VERSION.fullmatch(entry.name))
        return sorted(names, key=_number)

    def load(self, version: str) -> ModelVersion:
        """See `Registry.load`."""
        folder = self._versions / version
        if not _VERSION.fullmatch(version) or not folder.is_dir():
            known = ", ".join(self.versions()) or "none yet"
            raise ModelError(f"there is no model version {version!r} in {self._folder}; there are: {known}")
        manifest = _read_manifest(folder / _MANIFEST)
        _verify(folder, manifest)
        return ModelVersion(manifest, folder)

    def champion(self) -> str | None:
        """See `Registry.champion`."""
        return self._aliases.read().champion

    def challenger(self) -> str | None:
        """See `Registry.challenger`."""
        return self._aliases.read().challenger

    def promotions(self) -> list[Promotion]:
        """See `Registry.promotions`."""
        return list(self._aliases.read().promotions)

    def promote(self, version: str, why: str = "") -> None:
        """See `Registry.promote`; an unreadable pointer file is written anew."""
        self.load(version)
        self._aliases.write(self._aliases.read_or_empty().promoted(Promotion(version, utc_now(), why)))

    def challenge(self, version: str) -> None:
        """See `Registry.challenge`."""
        self.load(version)
        self._aliases.write(replace(self._aliases.read_or_empty(), challenger=version))

    def rollback(self, why: str = "") -> str:
        """See `Registry.rollback`."""
        aliases = self._aliases.read()
        for version in aliases.champions_before():
            with suppress(ModelError):
                self.load(version)
                self._aliases.write(aliases.promoted(Promotion(version, utc_now(), why), is_rollback=True))
                return version
        raise ModelError(
            f"there is no sound champion before {aliases.champion or 'the first promotion'} to go back to; "
            "`ritournelle models list` shows what can be promoted instead"
        )

    def _publish(self, unfinished: Path, manifest: Manifest, after: Sequence[str]) -> str:
        """Give the prepared folder the next free name; if another process takes it first, the one after."""
        os.chmod(unfinished, 0o755)  # mkdtemp gives 0700; the server may run as somebody else
        while True:
            version = f"{_short(manifest.model)}-{self._next_number(after):06d}"
            (unfinished / _MANIFEST).write_text(replace(manifest, version=version).to_json(), encoding="utf-8")
            _flush_all(unfinished)
            try:
                os.rename(unfinished, self._versions / version)
            except OSError:
                if not (self._versions / version).exists():
                    raise
                continue
            flush(self._versions)
            return version

    def _next_number(self, after: Sequence[str]) -> int:
        return 1 + max((_number(version) for version in (*self.versions(), *after)), default=0)

    def _sweep(self) -> None:
        """Remove what killed registrations and promotions left behind."""
        oldest = time.time() - _FORGOTTEN_AFTER_SECONDS
        for left in [*self._versions.glob(f"{UNFINISHED}*"), *self._folder.glob(f"{UNFINISHED}*")]:
            # Seen in 2 of 60 rounds of eight registrations at once: another one finishes between listing and looking.
            with suppress(FileNotFoundError):
                _remove_if_older(left, oldest)


def _remove_if_older(left: Path, oldest: float) -> None:
    if left.stat().st_mtime >= oldest:
        return
    if left.is_dir():
        shutil.rmtree(left)
    else:
        left.unlink()


def _short(model: str) -> str:
    """`my_package.models:MyModel` as `mymodel`; the name of a family as it is."""
    return re.sub("[^a-z0-9_]+", "_", model.rpartition(":")[2].lower())


def _number(version: str) -> int:
    return int(version.rpartition("-")[2])


def _read_manifest(path: Path) -> Manifest:
    try:
        return Manifest.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(f"the manifest {path} is missing; promote another version") from error
    except (ModelError, UnicodeDecodeError) as error:
        raise ModelError(f"the manifest {path} is corrupt ({error}); promote another version") from error


def _verify(folder: Path, manifest: Manifest) -> None:
    """Compare every file with its hash in the manifest."""
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise ModelError(f"the model file {path} is missing; promote another version, or train again")
        if _hash(path) != expected:
            raise ModelError(f"the model file {path} is corrupt (it changed); promote another version, or train again")


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _hashes(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): _hash(path) for path in _files(folder)}


def _hash(path: Path) -> str:
    digest = xxhash.xxh3_128()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _flush_all(folder: Path) -> None:
    for path in [*_files(folder), *(path for path in folder.rglob("*") if path.is_dir()), folder]:
        flush(path)
