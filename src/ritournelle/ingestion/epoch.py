"""Has the app regenerated its ids? Then the same id means somebody else, and nothing may be overwritten."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class EpochDecision:
    """Whether the source speaks of another population than yesterday, and the sentence that says why."""

    has_changed: bool
    reason: str = ""


def decide_epoch(known: pa.Table, incoming: pa.Table, *, min_share: float) -> EpochDecision:
    """Compare two populations: tables with `id` (int64, distinct) and `identity_hash` (text, null where unknown).

    The epoch has changed when fewer than `min_share` of the known ids are still there *and* fewer than `min_share` of
    the ids that came are known (rows that merely vanish, or merely appear, leave one of the shares high); or when the
    ids stayed, but fewer than `min_share` of them still name the same person or track.
    """
    if known.num_rows == 0 or incoming.num_rows == 0:
        return EpochDecision(False)
    shared = incoming.join(known, "id", join_type="inner", left_suffix="", right_suffix="_known")
    of_known, of_incoming = shared.num_rows / known.num_rows, shared.num_rows / incoming.num_rows
    if of_known < min_share and of_incoming < min_share:
        return EpochDecision(
            True, f"only {shared.num_rows} of {known.num_rows} known ids came again, among {incoming.num_rows} ids"
        )
    is_same = pc.fill_null(pc.equal(shared["identity_hash"], shared["identity_hash_known"]), True)
    same = pc.sum(is_same).as_py() or 0
    if same < min_share * shared.num_rows:
        return EpochDecision(True, f"of {shared.num_rows} known ids, {shared.num_rows - same} now name somebody else")
    return EpochDecision(False)


def distinct_population(rows: pa.Table, id_column: str) -> pa.Table:
    """What `decide_epoch` compares, of rows in which an id may stand several times, with `identity_hash`."""
    found = rows.group_by(id_column).aggregate([("identity_hash", "min")])
    return found.select([id_column, "identity_hash_min"]).rename_columns(["id", "identity_hash"])


def vanished_share(known: pa.Table, incoming: pa.Table) -> float:
    """The share of the known ids that did not come again, from 0 to 1."""
    if known.num_rows == 0:
        return 0.0
    gone = known.join(incoming.select(["id"]), "id", join_type="left anti")
    return float(gone.num_rows / known.num_rows)
