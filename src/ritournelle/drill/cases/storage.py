"""Storage: the warehouse cannot be opened, the disk is full, the process dies."""

from __future__ import annotations

from ritournelle.drill.acts import INGEST, TRAIN, Act, ask, build, in_turn, ingest, killed, on_small_disk
from ritournelle.drill.case import Case, Family
from ritournelle.drill.small_disk import why_no_small_disk
from ritournelle.drill.storage import corrupted, held_by_another_process, no_server, why_no_server_driver
from ritournelle.drill.troubles import none_at_all

_INGEST = ("ingest",)
_TRAIN = ("train", "recommend", "publish")
_NOTHING = "nothing of this run; the next one begins where the last good one ended"
_CANNOT_OPEN = Act("ingest", in_turn(ingest, ask), ingest)


def _killed(step: str, stages: tuple[str, ...], after: Act, lands: str) -> Case:
    during = in_turn(killed(step, stages), ask)
    return Case(
        name=f"killed_at_{step.replace(' ', '_')}",
        family=Family.STORAGE,
        happens=f"SIGKILL in the middle of `{step}`",
        lands=lands,
        sensor="run_outcome",
        trouble=none_at_all,
        act=Act(stages[0] if stages == _INGEST else "run", during, after.after, after.builds, after.on_built),
    )


_BUILD = Act("run", build, build, builds=True)

CASES = (
    Case(
        name="warehouse_locked",
        family=Family.STORAGE,
        happens="another program has the warehouse open for writing",
        lands="nothing; readers keep what was published",
        sensor="warehouse",
        trouble=held_by_another_process,
        act=_CANNOT_OPEN,
    ),
    Case(
        name="warehouse_unreachable",
        family=Family.STORAGE,
        happens="the server of the warehouse does not answer",
        lands="nothing; readers keep what was published",
        sensor="warehouse",
        trouble=no_server,
        act=_CANNOT_OPEN,
        why_not=why_no_server_driver,
    ),
    Case(
        name="warehouse_corrupt",
        family=Family.STORAGE,
        happens="the first blocks of the warehouse's file are overwritten, until a copy is put in its place",
        lands="nothing; readers keep what was published",
        sensor="warehouse",
        trouble=corrupted,
        act=_CANNOT_OPEN,
    ),
    Case(
        name="disk_full",
        family=Family.STORAGE,
        happens="a write fails for want of room",
        lands=_NOTHING,
        sensor="disk_space",
        trouble=none_at_all,
        act=Act("ingest", on_small_disk, ingest),
        why_not=why_no_small_disk,
    ),
    _killed("ingest listen_history", _INGEST, INGEST, _NOTHING),
    _killed("ingest users", _INGEST, INGEST, _NOTHING),
    _killed("ingest tracks", _INGEST, INGEST, _NOTHING),
    _killed("transform", ("ingest", "transform", "publish"), _BUILD, "the sources; readers keep what was published"),
    _killed("train", _TRAIN, TRAIN, "the sources and all models; the champion of before serves"),
    _killed("recommend", _TRAIN, TRAIN, "all but the lists that were not yet stored; readers keep what was published"),
    _killed("publish", _TRAIN, TRAIN, "everything; readers keep what was published until the next run"),
)
