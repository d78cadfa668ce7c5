"""Where the sensors of the watch have their checks: at every asset that a sensor may have something to say of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet

import dagster as dg

from ritournelle.domain.sources import Source
from ritournelle.monitoring.observations.data import CheckedModel, Lists, ListenAge, MartRows, Orphans
from ritournelle.monitoring.observations.models import ChampionAge, ChampionFiles, Judged, Training
from ritournelle.monitoring.observations.serving import Waiting
from ritournelle.monitoring.observations.sources import ColumnProfile, SourceAge, SourceRead
from ritournelle.monitoring.observing.data import is_counted
from ritournelle.monitoring.rules import Rules
from ritournelle.monitoring.sensors.catalogue import SENSORS
from ritournelle.orchestration.checks import asset_of
from ritournelle.orchestration.keys import CHAMPION, EXTRACTS, MODEL_QUALITY, PUBLICATION, name_of
from ritournelle.streaming.topics import Topic

_OF_SOURCES = (SourceRead, SourceAge, ColumnProfile)
_OF_MODELS = (Training, ChampionFiles, ChampionAge, Judged, Lists)
_FACTS = dg.AssetKey(["core", "fact_listen_history"])


def health_specs(
    rules: Rules, known: AbstractSet[dg.AssetKey], tested: AbstractSet[dg.AssetKey]
) -> list[dg.AssetCheckSpec]:
    """A check per sensor that is on and asset; `tested` are the assets that data tests stand at."""
    return [
        dg.AssetCheckSpec(sensor.name, asset=key, description=rules.by_sensor[sensor.name].meaning.en)
        for sensor in SENSORS
        if rules.is_on(sensor.name)
        for key in sorted(set(places_of(sensor.observes, known, tested)))
    ]


def places_of(
    observes: type, known: Iterable[dg.AssetKey], tested: Iterable[dg.AssetKey] = ()
) -> Iterator[dg.AssetKey]:
    """The assets of what a sensor observes; what is of no table (a run, the disk, a channel) is of the publication."""
    if observes in _OF_SOURCES:
        yield from EXTRACTS.values()
    elif observes in _OF_MODELS:
        yield CHAMPION
    elif observes is ListenAge:
        yield EXTRACTS[Source.LISTEN_HISTORY]
    elif observes is Orphans:
        yield _FACTS
    elif observes is Waiting:
        yield from {asset_of(str(topic), known) for topic in Topic}
    elif observes is MartRows:
        yield from (key for key in known if is_counted(name_of(key)) and key != MODEL_QUALITY)  # which training writes
    else:
        yield PUBLICATION
        yield from tested if observes is CheckedModel else ()
