"""What listeners are recommended: the stored list, one made now, or what is popular; never nothing without a reason."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from ritournelle.domain.issuing import issue_list, shown_list
from ritournelle.domain.recommendation_ids import RecommendationIds
from ritournelle.domain.recommendations import RecommendationList
from ritournelle.domain.taste import TasteExclusion
from ritournelle.errors import ModelError, NothingToLearnError, PermanentError, RitournelleError
from ritournelle.inference.champion import Champions
from ritournelle.inference.live import NOTHING_PLAYED, Asked, empty_list, live_list
from ritournelle.inference.publication import Publication
from ritournelle.inference.reading import read_list
from ritournelle.inference.rerank import RerankRules
from ritournelle.serving.api.readers import Readers
from ritournelle.streaming.broker import Broker
from ritournelle.streaming.messages import outgoing
from ritournelle.warehouse.base import Warehouse

LOG = logging.getLogger(__name__)
NOTHING_PUBLISHED = "nothing was published yet"
STORE_DOWN = "what was published cannot be read now"


class Exclusions(Protocol):
    """What a listener excluded and has not taken back, also without a publication."""

    def __call__(
        self, warehouse: Warehouse | None, user_id: int, publication: Publication | None = None
    ) -> Sequence[TasteExclusion]: ...


@dataclass(frozen=True)
class Lists:
    """Answers for recommendations, each with ids of its own; what was shown is durable before it is answered."""

    readers: Readers
    champions: Champions
    ids: RecommendationIds
    broker: Broker
    exclusions: Exclusions
    stored_length: int
    rules: RerankRules = RerankRules()
    has_taken_back: Callable[[int], bool] = lambda user_id: False
    """Whether a listener took an exclusion back: the stored list may lack what they excluded when it was made."""

    def answer(
        self, user_id: int, k: int, context: Sequence[int], now: datetime, surface: str = "api"
    ) -> RecommendationList:
        """The list, shown: its exposures are in the event log. Raises `TransientError` when that cannot be written."""
        made = issue_list(self._made(Asked(user_id, k, now, context, rules=self.rules)), self.ids, surface, now)
        if made.recommendations:
            self.broker.publish(outgoing([shown_list(made, surface, now)]))
        return made

    def exclusions_of(self, user_id: int) -> Sequence[TasteExclusion]:
        """What this listener excludes now, also while nothing published can be read."""
        try:
            with self.readers.reading() as (warehouse, publication):
                return self.exclusions(warehouse, user_id, publication)
        except PermanentError:
            return self.exclusions(None, user_id)

    def _made(self, asked: Asked) -> RecommendationList:
        try:
            with self.readers.reading() as (warehouse, publication):
                if not publication.is_whole(warehouse):
                    return empty_list(asked, NOTHING_PUBLISHED)
                if not publication.is_loaded:
                    publication.load(warehouse)
                exclusions = self.exclusions(warehouse, asked.user_id, publication)
                return self._read(warehouse, publication, replace(asked, exclusions=exclusions))
        except NothingToLearnError:
            return empty_list(asked, NOTHING_PLAYED)
        except PermanentError as error:
            LOG.debug("no list can be read: %s", error)  # sensors tell of it, once
            return empty_list(asked, STORE_DOWN if self.has_published else NOTHING_PUBLISHED)
        except RitournelleError as error:
            LOG.debug("no list can be read now: %s", error)
            return empty_list(asked, STORE_DOWN)

    @property
    def has_published(self) -> bool:
        """Whether there is a publication, readable or not."""
        return bool(self.readers.publication())

    def _read(self, warehouse: Warehouse, publication: Publication, asked: Asked) -> RecommendationList:
        is_changed = bool(asked.context or asked.exclusions) or self.has_taken_back(asked.user_id)
        if is_changed or asked.k > self.stored_length:
            return live_list(warehouse, self.champions, asked, publication)
        try:
            return read_list(
                warehouse,
                self.champions.registry,
                asked.user_id,
                k=asked.k,
                stored_length=self.stored_length,
                now=asked.now,
                rules=asked.rules,
                champions=self.champions,
                publication=publication,
            )
        except ModelError:
            return live_list(warehouse, self.champions, asked, publication)
