"""Identity: ids that no longer mean whom they meant."""

from __future__ import annotations

from ritournelle.domain.sources import Source
from ritournelle.drill.acts import Act, accept, in_turn, ingest
from ritournelle.drill.case import Case, Family
from ritournelle.drill.troubles import fault, new_ids

CASES = (
    Case(
        name="epoch_changed",
        family=Family.IDENTITY,
        happens="the app has restarted and regenerated all ids",
        lands="nothing, until somebody accepts it; then both populations are kept apart",
        sensor="source_epoch",
        trouble=new_ids,
        act=Act("ingest", ingest, accept),
    ),
    Case(
        name="id_collisions",
        family=Family.IDENTITY,
        happens="one id in a hundred names somebody else",
        lands="everything: the former person stays in history as a former version",
        sensor="id_collisions",
        subject="users",
        trouble=fault("id_collisions", Source.USERS),
        act=Act("ingest", ingest, in_turn(ingest, ingest)),  # that they are whom they were is a change as well
    ),
)
