"""The quality of the models, as readers see it: read from what is published, kept until the next look."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from ritournelle.errors import RitournelleError
from ritournelle.warehouse.base import Warehouse
from ritournelle.warehouse.marts import MODEL_QUALITY

LOG = logging.getLogger(__name__)


class PublishedQuality:
    """`rows` of `marts.model_quality_days`; the last ones that could be read, so that a page never waits for them."""

    def __init__(self, open_published: Callable[[], Warehouse]) -> None:
        self._open = open_published
        self.rows: list[dict[str, Any]] = []

    def read(self) -> None:
        """Read them anew; nothing changes while the publication is missing or cannot be read: sensors tell of that."""
        try:
            with self._open() as warehouse:
                self.rows = MODEL_QUALITY.run(warehouse).to_pylist()
        except RitournelleError as error:
            LOG.debug("the quality of the models cannot be read: %s", error)
