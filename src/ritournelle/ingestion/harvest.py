"""What several passes over a moving source have brought, and whether it can be the whole source.

A *proven snapshot* is what two passes in a row found equal, while every page announced the same total and the
distinct rows, with the quarantined ones, are exactly that many. A source that moves hardly ever gives one; then the
union of the passes counts, which must not be smaller than the smallest total seen, and says nothing about deletions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ritournelle.errors import CrawlError
from ritournelle.ingestion.duplicates import KeptRows, keep_one_per_key
from ritournelle.ingestion.epoch import decide_epoch, distinct_population
from ritournelle.ingestion.pages import Page
from ritournelle.ingestion.parse import Parsed, Parser
from ritournelle.ingestion.quarantine import BadRow

FEWEST_IDS = 20
"""With fewer ids in a pass, nothing is said of two populations: they may all have moved while they were read."""


@dataclass(frozen=True)
class Harvested:
    """A complete crawl: one good row per key, and the bad ones."""

    rows: pa.Table  # as `Parsed.rows`, without `arrival`
    bad: list[BadRow]
    announced: int
    is_proven: bool
    passes: int
    warnings: list[str]
    repeated: int = 0
    """Rows that were served more than once, pass by pass counted once."""
    misnumbered: int = 0
    """Answers that said they were another page than the one asked for."""
    erased: int = 0
    """Distinct rows of forgotten listeners, which were taken out of the pages."""
    unknown_fields: tuple[str, ...] = ()
    missing_fields: tuple[str, ...] = ()


@dataclass
class _Pass:
    arrivals: list[int] = field(default_factory=list)
    totals: set[int] = field(default_factory=set)
    pages: int = 0
    misnumbered: int = 0


class Harvest:
    """Collects the pages of one source, pass after pass.

    `min_known_share`: with a smaller share of the ids of the first pass in the last one, they are of two populations.
    """

    def __init__(self, parser: Parser, *, min_known_share: float = 0.5) -> None:
        self._parser = parser
        self._min_known_share = min_known_share
        self._passes: dict[int, _Pass] = {}
        self._arrival_of: dict[bytes, int] = {}
        self._page_of_arrival: list[int] = []
        self._erased_of_arrival: list[tuple[bytes, ...]] = []
        self._waiting: list[Page] = []
        self._parsed: list[Parsed] = []
        self._last_total = 0

    @property
    def waiting(self) -> int:
        """Pages with new rows that were noted and not yet parsed."""
        return len(self._waiting)

    def pages_announced(self, pass_number: int) -> int:
        """The most pages that the source announced in that pass."""
        return self._passes[pass_number].pages

    def note(self, page: Page, pass_number: int) -> bool:
        """Take a page in; say whether its rows, as a page, are new."""
        current = self._passes.setdefault(pass_number, _Pass())
        current.totals.add(page.envelope.total)
        current.pages = max(current.pages, page.envelope.pages)
        current.misnumbered += page.envelope.page not in (None, page.asked)
        self._last_total = page.envelope.total
        is_new = page.digest not in self._arrival_of
        if is_new:
            self._arrival_of[page.digest] = len(self._page_of_arrival)
            self._page_of_arrival.append(page.asked)
            self._erased_of_arrival.append(page.erased)
            self._waiting.append(page.arrived(self._arrival_of[page.digest]))
        current.arrivals.append(self._arrival_of[page.digest])
        return is_new

    def parse_waiting(self) -> None:
        """Parse what was noted since the last call."""
        if self._waiting:
            self._parsed.append(self._parser.parse(self._waiting))
            self._waiting = []

    @property
    def stood_still(self) -> bool:
        """Whether the last two passes found the same rows, and every page of them announced the same total."""
        if len(self._passes) < 2:
            return False
        last = self._passes[len(self._passes)]
        before = self._passes[len(self._passes) - 1]
        if len(before.totals | last.totals) != 1:
            return False
        return Counter(before.arrivals) == Counter(last.arrivals) or self._hold_same_rows(before, last)

    def finish(self) -> Harvested:
        """The crawl as a whole; raises `CrawlError` when it cannot be complete."""
        still = self.stood_still
        everything = self._all_rows()
        if still:
            in_last_pass = self._is_in(everything, list(self._passes.values())[-1].arrivals)
            everything = everything if in_last_pass.all() else everything.filter(pa.array(in_last_pass))
        else:
            self._require_one_population(everything)
        kept = keep_one_per_key(everything, self._parser.contract, self._page_of_arrival, stood_still=still)
        bad = self._bad_rows(still) + kept.conflicting
        erased = len(self._erased_in(list(self._passes.values())[-1].arrivals if still else self._arrivals))
        self._require_complete(kept, bad, erased, still)
        return Harvested(
            rows=kept.rows.drop_columns(["arrival"]),
            bad=bad,
            announced=self._last_total,
            is_proven=still,
            passes=len(self._passes),
            warnings=self._warnings(kept.rows),
            repeated=kept.repeated,
            misnumbered=self._misnumbered,
            erased=erased,
            unknown_fields=tuple(sorted(self._parser.unknown_fields)),
            missing_fields=tuple(sorted(self._parser.missing_fields)),
        )

    @property
    def _misnumbered(self) -> int:
        return sum(part.misnumbered for part in self._passes.values())

    def _all_rows(self) -> pa.Table:
        self.parse_waiting()
        if not self._parsed:
            self._parsed.append(self._parser.parse([]))
        return pa.concat_tables([parsed.rows for parsed in self._parsed])

    def _hold_same_rows(self, one: _Pass, other: _Pass) -> bool:
        rows = self._all_rows()
        contents = rows["content_hash"].to_numpy().astype("S32")
        first, second = (np.unique(contents[self._is_in(rows, part.arrivals)]) for part in (one, other))
        same_erased = self._erased_in(one.arrivals) == self._erased_in(other.arrivals)
        return np.array_equal(first, second) and self._bad_ids(one) == self._bad_ids(other) and same_erased

    @property
    def _arrivals(self) -> Sequence[int]:
        return range(len(self._page_of_arrival))

    def _erased_in(self, arrivals: Sequence[int]) -> set[bytes]:
        return {tag for arrival in arrivals for tag in self._erased_of_arrival[arrival]}

    def _bad_ids(self, part: _Pass) -> list[str]:
        arrivals = set(part.arrivals)
        return sorted(row.quarantine_id for parsed in self._parsed for row in parsed.bad if row.arrival in arrivals)

    @staticmethod
    def _is_in(rows: pa.Table, arrivals: list[int]) -> npt.NDArray[np.bool_]:
        return np.isin(rows["arrival"].to_numpy(), np.array(arrivals, dtype=np.int32))

    def _bad_rows(self, still: bool) -> list[BadRow]:
        bad = [row for parsed in self._parsed for row in parsed.bad]
        if still:
            # As often as it stood there: several rows without a user may look the same.
            times = Counter(list(self._passes.values())[-1].arrivals)
            return [row for row in bad for _ in range(times[row.arrival])]
        return list({row.quarantine_id: row for row in bad}.values())

    def _require_one_population(self, rows: pa.Table) -> None:
        """Refuse what an app brought that was restarted meanwhile: the union of the passes would mix two populations.

        All known ids would still be in it, and the next run would take them for deleted and the new ones for known.
        """
        if len(self._passes) < 2:
            return
        first, *_, last = self._passes.values()
        before, after = (rows.filter(pa.array(self._is_in(rows, part.arrivals))) for part in (first, last))
        contract = self._parser.contract
        populations = [distinct_population(each, contract.id_column) for each in (before, after)]
        if min(each.num_rows for each in populations) < FEWEST_IDS:
            return
        decision = decide_epoch(*populations, min_share=self._min_known_share)
        if decision.has_changed:
            raise CrawlError(
                f"{contract.source}: its ids changed while it was read; after the first pass, {decision.reason}. The "
                "app has regenerated its ids, most likely at a restart. Nothing of it was loaded; run again"
            )

    def _require_complete(self, kept: KeptRows, bad: list[BadRow], erased: int, still: bool) -> None:
        source, landed = self._parser.contract.source, kept.rows.num_rows
        if still and landed + len(bad) + erased != self._last_total:
            raise CrawlError(
                f"{source}: announced {self._last_total} rows, but two equal passes found {landed} distinct good rows "
                f"and {len(bad)} bad ones, with {kept.repeated} rows served more than once. Its `total` lies or its "
                "pages hide rows. Nothing of it was loaded; ask the app's owners for a stable page order"
            )
        smallest = min(total for part in self._passes.values() for total in part.totals)
        if not still and landed + self._bad_beside(kept, bad) + erased < smallest:
            raise CrawlError(
                f"{source}: moved while it was read, and {len(self._passes)} passes found {landed} rows and {len(bad)} "
                f"bad ones, fewer than the smallest total announced ({smallest}). Nothing of it was loaded; run again, "
                "or raise RITOURNELLE_SOURCE__EXTRA_PASSES"
            )

    @staticmethod
    def _bad_beside(kept: KeptRows, bad: list[BadRow]) -> int:
        """Bad rows, but for versions of a row that was read well, or bad in another way, in another pass."""
        if not bad:
            return 0
        single = sum(row.is_conflict or row.key is None for row in bad)
        return single + len({row.key for row in bad if row.key and not row.is_conflict} - kept.keys())

    def _warnings(self, rows: pa.Table) -> list[str]:
        warnings = []
        if "items" in rows.column_names and rows["items"].null_count:
            warnings.append(f"{rows['items'].null_count} histories have null `items` and count as empty")
        if self._misnumbered:
            warnings.append(f"{self._misnumbered} answers said that they were another page than the one asked for")
        if self._parser.unknown_fields:
            names = ", ".join(sorted(self._parser.unknown_fields))
            warnings.append(f"fields that are not in the contract were left out: {names}")
        if self._parser.missing_fields:
            names = ", ".join(sorted(self._parser.missing_fields))
            warnings.append(f"fields of the contract are missing: {names}")
        return warnings
