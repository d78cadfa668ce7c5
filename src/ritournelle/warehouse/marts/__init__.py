"""What Python reads of the star and the marts: one typed query per use, all of them in `QUERIES`.

Columns are those of the dbt contracts; the tests hold one against the other.
"""

from ritournelle.warehouse.marts.exclusions import EXCLUDING_USERS, EXCLUSIONS_OF, NEVER_RECOMMENDED
from ritournelle.warehouse.marts.listeners import LIVING_USER, LIVING_USERS
from ritournelle.warehouse.marts.listens import (
    HISTORIES,
    HISTORY_OF,
    INTERACTIONS,
    INTERACTIONS_OF,
    INTERACTIONS_OF_ONE,
    LISTENS,
    RECENT_LISTENS,
    RECENT_LISTENS_OF,
)
from ritournelle.warehouse.marts.lists import (
    ANSWERED_LISTENERS,
    LISTS_OF,
    LIST_HEADS,
    LIST_OF_LISTENER,
    LIST_STATES,
    RECOMMENDATIONS,
)
from ritournelle.warehouse.marts.quality import FEEDBACK_OF, MODEL_QUALITY, USEFULNESS_DAYS
from ritournelle.warehouse.marts.tracks import (
    CATALOGUE,
    LIVING_TRACKS,
    POPULARITY_OF,
    SEARCHED_TRACKS,
    TRACK_CONTENT,
    TRACK_DETAILS,
    TRACK_POPULARITY,
    WHOLE_CATALOGUE,
)

QUERIES = (
    INTERACTIONS,
    INTERACTIONS_OF,
    INTERACTIONS_OF_ONE,
    HISTORIES,
    LISTENS,
    RECENT_LISTENS,
    RECENT_LISTENS_OF,
    HISTORY_OF,
    LIVING_USERS,
    LIVING_USER,
    TRACK_POPULARITY,
    POPULARITY_OF,
    LIVING_TRACKS,
    TRACK_CONTENT,
    CATALOGUE,
    WHOLE_CATALOGUE,
    TRACK_DETAILS,
    SEARCHED_TRACKS,
    RECOMMENDATIONS,
    LIST_OF_LISTENER,
    LISTS_OF,
    LIST_HEADS,
    LIST_STATES,
    ANSWERED_LISTENERS,
    EXCLUSIONS_OF,
    NEVER_RECOMMENDED,
    EXCLUDING_USERS,
    MODEL_QUALITY,
    USEFULNESS_DAYS,
    FEEDBACK_OF,
)

__all__ = [
    "QUERIES",
    "ANSWERED_LISTENERS",
    "CATALOGUE",
    "EXCLUDING_USERS",
    "EXCLUSIONS_OF",
    "FEEDBACK_OF",
    "HISTORIES",
    "HISTORY_OF",
    "INTERACTIONS",
    "INTERACTIONS_OF",
    "INTERACTIONS_OF_ONE",
    "LISTENS",
    "LISTS_OF",
    "LIST_HEADS",
    "LIST_OF_LISTENER",
    "LIST_STATES",
    "LIVING_TRACKS",
    "LIVING_USER",
    "LIVING_USERS",
    "MODEL_QUALITY",
    "NEVER_RECOMMENDED",
    "POPULARITY_OF",
    "RECENT_LISTENS",
    "RECENT_LISTENS_OF",
    "RECOMMENDATIONS",
    "SEARCHED_TRACKS",
    "TRACK_CONTENT",
    "TRACK_DETAILS",
    "TRACK_POPULARITY",
    "USEFULNESS_DAYS",
    "WHOLE_CATALOGUE",
]
