"""One listener's list, read back: the stored one, a longer one made now, or the fallback's."""

from __future__ import annotations

from datetime import datetime

import pyarrow as pa

from ritournelle.domain.recommendations import RecommendationList
from ritournelle.errors import ModelError, PermanentError
from ritournelle.inference.batch import NO_MODEL_VERSION, NOTHING_LEFT
from ritournelle.inference.champion import Champions
from ritournelle.inference.excluding import published_exclusions
from ritournelle.inference.explaining import carriers
from ritournelle.inference.lists import fallback_rows, list_from_rows
from ritournelle.inference.live import Asked, live_list
from ritournelle.inference.publication import Publication
from ritournelle.inference.rerank import RerankRules
from ritournelle.inference.rows import RECOMMENDATION_SCHEMA
from ritournelle.registry.base import Registry
from ritournelle.warehouse import marts
from ritournelle.warehouse.base import Warehouse


def read_list(
    warehouse: Warehouse,
    registry: Registry,
    user_id: int,
    *,
    k: int,
    stored_length: int,
    now: datetime,
    rules: RerankRules = RerankRules(),
    champions: Champions | None = None,
    publication: Publication | None = None,
) -> RecommendationList:
    """One listener's list: the stored one, or, for whom none is stored, the fallback's.

    One that is longer, or by a model that is the champion no more, is made now: promotions and rollbacks count at once.
    So is one for somebody without a stored list who excludes something.

    `champions` and `publication` keep models and catalogue in memory, for those who read many lists.
    Raises `PermanentError` when no run has made any list yet.
    """
    shared = publication or Publication(is_kept=False)
    if not shared.is_whole(warehouse):
        raise PermanentError("there are no recommendations yet; make them with `ritournelle run`")
    rows = marts.LIST_OF_LISTENER.run(warehouse, user_id=user_id).cast(RECOMMENDATION_SCHEMA)
    models = champions or Champions(registry)
    is_stored = rows.num_rows > 0
    if is_stored and k <= stored_length and not models.has_replaced(rows["model_version"][0].as_py()):
        return _told(warehouse, shared, models, rows.sort_by("rank").slice(0, k))
    exclusions = published_exclusions(warehouse, user_id)
    if is_stored or exclusions:
        return live_list(warehouse, models, Asked(user_id, k, now, exclusions=exclusions, rules=rules), shared)
    return _told(warehouse, shared, models, _fallback(warehouse, shared, registry, user_id, k, now))


def _told(warehouse: Warehouse, shared: Publication, models: Champions, rows: pa.Table) -> RecommendationList:
    """These rows with the names of the tracks and what carried them."""
    user_id = rows["user_id"][0].as_py()
    because_of = _because_of(warehouse, shared, models, user_id, rows)
    named = [*rows.column("track_id").to_pylist(), *(track for heard in because_of.values() for track in heard)]
    return list_from_rows(rows, shared.named(warehouse, named), because_of)


def _because_of(
    warehouse: Warehouse, shared: Publication, champions: Champions, user_id: int, rows: pa.Table
) -> dict[int, list[int]]:
    """The heard tracks behind each track of a list; nothing if no model made it, or that model is gone."""
    version = rows.column("model_version")[0].as_py()
    if rows.column("fallback_reason")[0].is_valid:
        return {}
    try:
        champion = champions.version(version)
    except ModelError:
        return {}
    heard = shared.histories.heard(warehouse, user_id)
    recent = shared.histories.recent(warehouse, user_id) if champion.model.follows_order else None
    return carriers(champion, rows, heard, recent)


def _fallback(
    warehouse: Warehouse, shared: Publication, registry: Registry, user_id: int, k: int, now: datetime
) -> pa.Table:
    heard = shared.histories.heard(warehouse, user_id)
    is_known = bool(marts.LIVING_USER.run(warehouse, user_id=user_id).num_rows)
    return fallback_rows(
        user_id,
        shared.fallback(warehouse, k),
        k=k,
        model_version=registry.champion() or NO_MODEL_VERSION,
        computed_at=now,
        why=NOTHING_LEFT if is_known and heard.num_rows else None,
        heard=heard,
    )
