"""Volume: far fewer rows than usual, far more, or the very same."""

from __future__ import annotations

from ritournelle.domain.sources import Source
from ritournelle.drill.acts import Act, in_turn, ingest, let_shrink
from ritournelle.drill.case import Case, Family
from ritournelle.drill.troubles import fault, no_news

_KEPT = "the other sources land; of this one nothing is deleted, and yesterday stays"

CASES = (
    Case(
        name="empty_endpoint",
        family=Family.VOLUME,
        happens="the app answers with no users at all, and status 200",
        lands=_KEPT,
        sensor="volume",
        subject="users",
        trouble=fault("empty_endpoint", Source.USERS),
    ),
    Case(
        name="shrunken_endpoint",
        family=Family.VOLUME,
        happens="nine in ten tracks are gone",
        lands=_KEPT,
        sensor="volume",
        subject="tracks",
        trouble=fault("shrunken_endpoint", Source.TRACKS),
    ),
    Case(
        name="swollen_endpoint",
        family=Family.VOLUME,
        happens="ten times as many tracks as yesterday",
        lands="everything: it may be right",
        sensor="volume_surge",
        subject="tracks",
        trouble=fault("swollen_endpoint", Source.TRACKS),
        act=Act("ingest", ingest, in_turn(let_shrink, ingest)),
    ),
    Case(
        name="same_snapshot",
        family=Family.VOLUME,
        happens="the app shows exactly what it showed yesterday",
        lands="everything, which is nothing new",
        sensor="stale_snapshot",
        trouble=no_news,
    ),
)
