"""Schema drift: the app's rows have other fields, other types, other values, or another address than yesterday."""

from __future__ import annotations

from ritournelle.domain.sources import Source
from ritournelle.drill.case import Case, Family
from ritournelle.drill.troubles import fault

_REFUSED = "the other sources land; of this one nothing, and yesterday stays"

CASES = (
    Case(
        name="field_missing",
        family=Family.SCHEMA_DRIFT,
        happens="users have no e-mail any more: a field that may be empty",
        lands="everything, without that field",
        sensor="contract_broken",
        subject="users",
        trouble=fault("field_missing", Source.USERS, rows=None),
    ),
    Case(
        name="required_field_missing",
        family=Family.SCHEMA_DRIFT,
        happens="tracks have no duration any more: a field that nothing works without",
        lands=_REFUSED,
        sensor="contract_broken",
        subject="tracks",
        trouble=fault("field_missing", Source.TRACKS, rows=None),
    ),
    Case(
        name="field_added",
        family=Family.SCHEMA_DRIFT,
        happens="tracks have a field that nobody announced",
        lands="everything, without that field",
        sensor="schema_drift",
        subject="tracks",
        trouble=fault("field_added", Source.TRACKS, rows=None),
    ),
    Case(
        name="type_changed",
        family=Family.SCHEMA_DRIFT,
        happens="names of tracks have become numbers",
        lands=_REFUSED,
        sensor="contract_broken",
        subject="tracks",
        trouble=fault("type_changed", Source.TRACKS, rows=None),
    ),
    Case(
        name="enum_new_value",
        family=Family.SCHEMA_DRIFT,
        happens="a gender that the app never used",
        lands="everything",
        sensor="schema_drift",
        subject="users",
        trouble=fault("gender_new_value", Source.USERS, page=1),
    ),
    Case(
        name="renamed_endpoint",
        family=Family.SCHEMA_DRIFT,
        happens="`/tracks` has moved to `/tracks_v2`",
        lands=_REFUSED,
        sensor="source_reachable",
        subject="tracks",
        trouble=fault("renamed_endpoint", Source.TRACKS),
    ),
)
