"""Looks at the platform every minute while the server runs: what nobody's run would tell, such as that none came."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from ritournelle.errors import RitournelleError

LOG = logging.getLogger(__name__)
EVERY_SECONDS = 60.0
_END_SECONDS = 0.5


@contextmanager
def watching(look: Callable[[], object], every_seconds: float = EVERY_SECONDS) -> Iterator[None]:
    """`look` is called at once and then every so many seconds, beside the block.

    A look that is under way when the block ends is not waited for: a server has to stop within two seconds, and the
    journal keeps a reading whole or not at all.
    """
    ended = Event()
    thread = Thread(target=_look_on, args=(look, every_seconds, ended), name="watchman", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(_END_SECONDS)


def _look_on(look: Callable[[], object], every_seconds: float, ended: Event) -> None:
    while not ended.is_set():
        try:
            look()
        except RitournelleError as error:  # the page says the same when it cannot read the journal
            LOG.warning("the platform could not be looked at: %s", error)
        ended.wait(every_seconds)
