"""Values: rows that are wrong one by one, while the schema is right."""

from __future__ import annotations

from functools import partial

from ritournelle.domain.sources import Source
from ritournelle.drill.acts import BUILD
from ritournelle.drill.case import Case, Family
from ritournelle.drill.troubles import MANY, fault, many_come

_TRACKS, _USERS, _HISTORY = Source.TRACKS, Source.USERS, Source.LISTEN_HISTORY
_Quarantined = partial(
    Case,
    family=Family.VALUES,
    sensor="quarantine",
    lands="every other row; this one waits in quarantine, and its last good version stays",
    subject="tracks",
)
_Odd = partial(Case, family=Family.VALUES, lands="everything: it may be right")

CASES = (
    _Quarantined(name="null_key", happens="a track without an id", trouble=fault("null_key", _TRACKS, page=2)),
    _Odd(
        name="duplicate_key",
        happens="the first users come again at the end of the list, with other names",
        lands="every user once, in the version that came first; the other one waits in quarantine",
        sensor="duplicates",
        subject="users",
        trouble=fault("duplicate_key", _USERS, count=3),
    ),
    _Quarantined(name="duration_99_99", happens="a track of 99:99", trouble=fault("duration_99_99", _TRACKS, page=2)),
    _Quarantined(
        name="duration_negative",
        happens="a track of minus one minute",
        trouble=fault("duration_negative", _TRACKS, page=2),
    ),
    _Quarantined(
        name="duration_empty", happens="a track of empty duration", trouble=fault("duration_empty", _TRACKS, page=2)
    ),
    _Quarantined(
        name="duration_number",
        happens="a duration that is a number, 3600",
        trouble=fault("duration_number", _TRACKS, page=2),
    ),
    _Odd(
        name="dates_future",
        happens="users created in the year 2999",
        sensor="date_sanity",
        trouble=fault("dates_future", _USERS, page=2, rows=10),
    ),
    _Odd(
        name="dates_1970",
        happens="users created in 1970",
        sensor="date_sanity",
        trouble=fault("dates_1970", _USERS, page=2, rows=10),
    ),
    _Quarantined(name="dates_garbage", happens="dates that are none", trouble=fault("dates_garbage", _TRACKS, page=2)),
    _Odd(
        name="null_items",
        happens="all histories of two pages have null in place of their listens",
        lands="everything: such a history counts as empty, and what was heard before is kept",
        sensor="value_drift",
        trouble=fault("null_items", _HISTORY, rows=None),
    ),
    _Odd(
        name="unknown_track",
        happens="people listen to tracks that are in no catalogue yet",
        lands="everything; such a listen points at the unknown track, and heals when its track comes",
        sensor="orphans",
        act=BUILD,
        news=many_come,
        trouble=fault("late_rows", _TRACKS, count=MANY),
    ),
    _Odd(
        name="unknown_user",
        happens="people listen whom the app does not show yet",
        lands="everything; such a listen points at the unknown user, and heals when its user comes",
        sensor="orphans",
        act=BUILD,
        news=many_come,
        trouble=fault("late_rows", _USERS, count=MANY),
    ),
    _Quarantined(name="huge_string", happens="a name of 1 MB", trouble=fault("huge_string", _TRACKS, page=2)),
    _Quarantined(
        name="invalid_utf8", happens="a name in bytes that are no text", trouble=fault("invalid_utf8", _TRACKS, page=2)
    ),
    _Quarantined(
        name="non_finite_number",
        happens="NaN where a duration belongs, which JSON does not even know",
        trouble=fault("nan_number", _TRACKS, page=2),
    ),
)
