"""The alias file: who is champion, who is challenger, and every promotion there was; one file, replaced as a whole."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ritournelle.errors import ModelError
from ritournelle.registry.base import Promotion

UNFINISHED = ".unfinished-"
"""How the names of files begin that are not finished yet."""


@dataclass(frozen=True)
class Aliases:
    """`promotions` are in order; `withdrawn` are champions that were rolled back from and not promoted since."""

    champion: str | None = None
    challenger: str | None = None
    promotions: tuple[Promotion, ...] = ()
    withdrawn: tuple[str, ...] = ()

    def promoted(self, promotion: Promotion, *, is_rollback: bool = False) -> Aliases:
        """After this promotion; by a rollback the champion of before is withdrawn."""
        version = promotion.version
        withdrawn = [each for each in self.withdrawn if each != version]
        if is_rollback and self.champion is not None:
            withdrawn.append(self.champion)
        challenger = None if self.challenger == version else self.challenger
        return replace(
            self,
            champion=version,
            challenger=challenger,
            promotions=(*self.promotions, promotion),
            withdrawn=tuple(withdrawn),
        )

    def champions_before(self) -> Iterator[str]:
        """Earlier champions, the latest first, each once; not the current one, nor those that were withdrawn."""
        seen = {self.champion, *self.withdrawn}
        for promotion in reversed(self.promotions):
            if promotion.version not in seen:
                seen.add(promotion.version)
                yield promotion.version


class AliasFile:
    """`champion.json`; a reader sees the file of before or of after, never a half."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, ...], Aliases] = ((), Aliases())

    def read(self) -> Aliases:
        """None of anything before the first promotion; `ModelError` that names a corrupt file.

        The file is replaced as a whole: it is read again when it is another one.
        """
        try:
            state = os.stat(self._path)
        except FileNotFoundError:
            return Aliases()
        seen, read = (state.st_ino, state.st_mtime_ns, state.st_size), self._read
        if read[0] != seen:
            self._read = read = (seen, self._from_file())
        return read[1]

    def _from_file(self) -> Aliases:
        try:
            fields = json.loads(self._path.read_text(encoding="utf-8"))
            promotions = tuple(_promotion(each) for each in fields.get("promotions", ()))
            withdrawn = tuple(str(version) for version in fields.get("withdrawn", ()))
            return Aliases(fields["version"], fields.get("challenger"), promotions, withdrawn)
        except FileNotFoundError:
            return Aliases()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{self._path} is corrupt ({error}); promote a version to write it anew") from error

    def read_or_empty(self) -> Aliases:
        """As `read`; a corrupt file counts as none, for who is about to replace it."""
        try:
            return self.read()
        except ModelError:
            return Aliases()

    def write(self, aliases: Aliases) -> None:
        """Replace the file, from one moment to the next, also when the power fails."""
        promotions = [
            {"version": each.version, "promoted_at": each.promoted_at.isoformat(), "why": each.why}
            for each in aliases.promotions
        ]
        fields = {
            "version": aliases.champion,
            "challenger": aliases.challenger,
            "promotions": promotions,
            "withdrawn": list(aliases.withdrawn),
        }
        descriptor, unfinished = tempfile.mkstemp(prefix=UNFINISHED, dir=self._path.parent)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(fields, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.chmod(unfinished, 0o644)  # mkstemp gives 0600; the server may run as somebody else
        os.replace(unfinished, self._path)
        flush(self._path.parent)


def _promotion(fields: dict[str, str]) -> Promotion:
    return Promotion(fields["version"], datetime.fromisoformat(fields["promoted_at"]), fields.get("why", ""))


def flush(path: Path) -> None:
    """To the disk, so that a name never shows up before its content after a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
