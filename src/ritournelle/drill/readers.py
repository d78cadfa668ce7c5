"""What readers see of a home: the published tables, looked at again and again while something goes wrong."""

from __future__ import annotations

from dataclasses import dataclass, field

from ritournelle.bootstrap import Platform
from ritournelle.errors import RitournelleError
from ritournelle.warehouse.base import Warehouse

_MODELLED = ("history", "core", "marts")
Fingerprint = dict[str, tuple[int, int]]
"""Of each table how many rows it has, and one number that changes with any of them."""


@dataclass
class Readers:
    """Somebody who has the publication open for a moment, often."""

    platform: Platform
    before: Fingerprint = field(default_factory=dict)
    shut_out: str = ""
    """Why it could not be read, if ever."""
    _latest: Fingerprint = field(default_factory=dict)

    def begin(self) -> None:
        """Remember what there is before the trouble; raises what reading it raises."""
        self.before = self._latest = self._read()
        self.shut_out = ""

    def glance(self) -> None:
        """Open it, and see that all tables are there: what each stage of a run can afford."""
        try:
            with self.platform.read_published() as warehouse:
                gone = self.before.keys() - {".".join(name) for name in warehouse.tables(_MODELLED)}
                self.shut_out = self.shut_out or ", ".join(f"{name} is gone" for name in sorted(gone))
        except RitournelleError as error:
            self.shut_out = self.shut_out or str(error)

    def look(self) -> None:
        """Read all of it once more."""
        try:
            self._latest = self._read()
        except RitournelleError as error:
            self.shut_out = self.shut_out or str(error)

    @property
    def saw(self) -> str:
        """What they saw since the beginning, in a few words."""
        if self.shut_out:
            return f"nothing: {self.shut_out}"
        return "yesterday, whole" if self._latest == self.before else "the new day, whole"

    @property
    def saw_every_row(self) -> bool:
        """Whether the publication could be read each time, and no table of it was empty that was not before."""
        emptied = [name for name, (rows, _) in self.before.items() if rows and not self._latest.get(name, (0, 0))[0]]
        return not self.shut_out and not emptied

    def _read(self) -> Fingerprint:
        with self.platform.read_published() as warehouse:
            return fingerprint(warehouse)


def fingerprint(warehouse: Warehouse) -> Fingerprint:
    """Of all tables that are modelled."""
    names = [".".join(name) for name in warehouse.tables(_MODELLED)]
    if not names:
        return {}
    asked = (
        f"SELECT '{name}' AS name, count(*) AS n, cast(coalesce(bit_xor(hash(row)), 0) AS varchar) AS mark"
        f" FROM {name} AS row"
        for name in names
    )
    rows = warehouse.read(" UNION ALL ".join(asked)).to_pylist()
    return {row["name"]: (row["n"], int(row["mark"])) for row in rows}
