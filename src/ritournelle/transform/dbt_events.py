"""What dbt tells while it works: what stands in its log or is listened to, and no more."""

from __future__ import annotations

import logging
import sys
from typing import Any, Optional

from dbt_common import behavior_flags
from dbt_common.events.base_types import BaseEvent, DebugLevel, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import ctx_set_event_manager

_UNHEARD = (EventLevel.DEBUG, EventLevel.TEST)


class _InformedManager(EventManager):
    """Leaves events below `info` alone: dbt would shape each into a message, 30 for each model, that nobody reads (6 %
    of a small build's CPU)."""

    def fire_event(
        self,
        e: BaseEvent,
        level: Optional[EventLevel] = None,
        node: Any = None,
        force_warn_or_error_handling: bool = False,
    ) -> None:
        if (level or e.level_tag()) in _UNHEARD and not force_warn_or_error_handling:
            return
        super().fire_event(e, level, node, force_warn_or_error_handling)


def _left_empty(event: BaseEvent, *_: object, **__: object) -> None:
    """An event that nobody hears: to fill in its fields, 25 times for each node, was 4 % of a small run's CPU."""
    event.pb_msg = getattr(event.PROTO_TYPES_MODULE, type(event).__name__)()


def tell_less() -> None:
    """From now on dbt tells, in this process, of events from `info` upwards."""
    logging.raiseExceptions = False  # a full disk is told once, by the run; not as a traceback for each line of a log
    ctx_set_event_manager(_InformedManager())
    DebugLevel.__init__ = _left_empty  # type: ignore[assignment]  # it has no switch for them
    setattr(behavior_flags.BehaviorFlagRendered, "_default_source", staticmethod(_module_that_asks))


def _module_that_asks() -> str:
    """What `inspect.stack` would be asked for: it reads all files on the way for each of seven flags, .08 s of CPU."""
    frame = sys._getframe(1)  # pylint: disable=protected-access  # as the standard library does where speed counts
    while frame.f_back is not None and frame.f_globals.get("__name__") in (__name__, behavior_flags.__name__):
        frame = frame.f_back
    return str(frame.f_globals.get("__name__", "Unknown"))
