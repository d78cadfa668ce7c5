"""From the registry and the record of runs to what was seen of the models."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ritournelle.errors import ModelError
from ritournelle.monitoring.observations import ChampionAge, ChampionFiles, Judged, Training
from ritournelle.monitoring.observing.history import History
from ritournelle.registry.base import Registry
from ritournelle.registry.sound import sound_champion

MODEL = "model"
HELD_BY = "held_by"
"""In the details of a step: the sensors that held it."""
_POPULARITY = "popularity"


def training(history: History) -> Iterator[Training]:
    """The last training that was not held."""
    found = history.latest(
        lambda step: step.step == "train" and step.status != "skipped" and HELD_BY not in step.details
    )
    if found is not None:
        step = found[1]
        yield Training(MODEL, step.succeeded, step.message, step.details.get("version") or "")


def champion(registry: Registry, history: History) -> Iterator[ChampionFiles | ChampionAge]:
    """The champion's files, and how far it is behind; nothing before the first promotion."""
    try:
        version = registry.champion()
        sound = sound_champion(registry)
    except ModelError as error:
        yield ChampionFiles(MODEL, "", str(error))
        return
    if version is None or sound is None:
        yield from _named_before(history)
        return
    manifest = sound.version.manifest
    yield ChampionFiles(MODEL, version, sound.problem, manifest.version if sound.problem else "")
    listens = history.latest_facts("listens")
    newest = listens[1]["newest_at"] if listens else None
    if newest and manifest.data_to is not None:
        behind = (datetime.fromisoformat(newest) - manifest.data_to).total_seconds() / 86400
        yield ChampionAge(MODEL, manifest.version, manifest.data_to, max(behind, 0.0))


def _named_before(history: History) -> Iterator[ChampionFiles]:
    """No champion is named; if the last lists were made by one, its name was lost."""
    lists = history.latest_facts("lists")
    if lists and lists[1]["lists"] and lists[1]["model_version"]:
        problem = "no champion is named any more"
        yield ChampionFiles(MODEL, lists[1]["model_version"], problem, "what is popular")


def judged(registry: Registry, metric: str) -> Iterator[Judged]:
    """What the newest version reached, if it was ever judged."""
    versions = registry.versions()
    if not versions:
        return
    try:
        manifest = registry.load(versions[-1]).manifest
    except ModelError:  # an unfit version that does not serve harms nobody
        return
    if metric in manifest.metrics:
        others = {name: reached[metric] for name, reached in manifest.compared.items() if metric in reached}
        champion_version = next((name for name in others if name != _POPULARITY), "")
        yield Judged(
            MODEL,
            manifest.version,
            metric,
            manifest.metrics[metric],
            others.get(_POPULARITY),
            others.get(champion_version),
            champion_version,
            bool(manifest.decision.get("promote")),
        )
