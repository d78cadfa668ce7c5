"""The rules file: severity, owner, limits, sentences and what to do, by sensor; a client's file changes a part."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ritournelle.errors import SettingsError
from ritournelle.monitoring.reading import Reading, Severity, Status
from ritournelle.monitoring.sensors import catalogue
from ritournelle.monitoring.sensors.base import Limits, Sensor

Language = Literal["en", "fr"]
OFF = "off"
_SHIPPED = Path(__file__).with_name("sensors.toml")
_Model = TypeVar("_Model", bound=BaseModel)


class Text(BaseModel):
    """A text in both languages of the pages."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    en: str
    fr: str

    def said(self, language: Language, facts: Mapping[str, Any]) -> str:
        """With the facts in their places; a fact that is missing shows as `?`."""
        return (self.fr if language == "fr" else self.en).format_map(_Facts(facts))


class SensorRule(BaseModel):
    """One section of the rules file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    severity: Literal["warn", "error", "block", "off"]
    owner: str
    runbook: str = Field(description="Page of docs/runbooks, without `.md`.")
    unit: str = ""
    title: Text
    meaning: Text
    fired: Text
    passed: Text
    done: Text
    action: Text
    limits: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """All rules by the sensor's name, and where they were read."""

    by_sensor: Mapping[str, SensorRule]
    limits_of: Mapping[str, Limits]
    place: str = "the shipped rules"

    def is_on(self, sensor: str) -> bool:
        """Whether it is asked at all."""
        return self.by_sensor[sensor].severity != OFF

    def severity(self, sensor: str) -> Severity:
        """Of a sensor that is on."""
        return Severity(self.by_sensor[sensor].severity)

    def say(self, reading: Reading, language: Language = "en") -> str:
        """The reading as a sentence."""
        rule = self.by_sensor[reading.sensor]
        text = rule.fired if reading.has_fired else rule.passed
        if reading.status is Status.UNKNOWN:
            text = Text(en="{subject}: nothing to judge yet", fr="{subject} : rien à juger pour l'instant")
        return self._said(text, reading, language)

    def advise(self, reading: Reading, language: Language = "en") -> str:
        """What a person can do about it."""
        return self._said(self.by_sensor[reading.sensor].action, reading, language)

    def reassure(self, reading: Reading, language: Language = "en") -> str:
        """What the platform has done about it already, and what it means for those who read."""
        return self._said(self.by_sensor[reading.sensor].done, reading, language)

    @staticmethod
    def _said(text: Text, reading: Reading, language: Language) -> str:
        return text.said(language, {"subject": reading.subject, **reading.facts})


class _Facts(dict[str, Any]):
    def __missing__(self, name: str) -> str:
        return "?"


def load_rules(sensors: tuple[Sensor[Any, Any], ...] | None = None, changes: Path | None = None) -> Rules:
    """The shipped rules, changed by a client's file if there is one; `SettingsError` names section and value.

    Without `sensors` those of the catalogue: each is imported when its limits are asked for, all at once to check a
    client's file.
    """
    shipped = _shipped()
    wanted, place = {}, "the shipped rules"
    if changes is not None and changes.exists():
        wanted, place = _read(changes), str(changes)
    unknown = wanted.keys() - shipped.keys()
    if unknown:
        raise SettingsError(f"{place}: there is no sensor {sorted(unknown)[0]!r}; there are: {', '.join(shipped)}")
    merged = {name: _merged(section, wanted.get(name, {})) for name, section in shipped.items()}
    rules = {name: _checked(SensorRule, section, f"{place}: [{name}]") for name, section in merged.items()}
    if sensors is None and not wanted:
        return Rules(rules, _ShippedLimits(rules), place)
    limits = {
        one.name: _checked(one.limits, rules[one.name].limits, f"{place}: [{one.name}.limits]")
        for one in (catalogue.SENSORS if sensors is None else sensors)
    }
    return Rules(rules, limits, place)


class _ShippedLimits(Mapping[str, Limits]):
    """The limits of the shipped rules, which need no check."""

    def __init__(self, rules: Mapping[str, SensorRule]) -> None:
        self._rules = rules
        self._known: dict[str, Limits] = {}

    def __getitem__(self, sensor: str) -> Limits:
        if sensor not in self._known:
            self._known[sensor] = catalogue.sensor_named(sensor).limits.model_construct(**self._rules[sensor].limits)
        return self._known[sensor]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)


@cache
def _shipped() -> Mapping[str, Any]:
    """Read once: Python's reader of TOML takes 15 ms for it."""
    return tomllib.loads(_SHIPPED.read_text(encoding="utf-8"))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from error


def _merged(shipped: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    tables = {name: {**shipped[name], **value} for name, value in wanted.items() if isinstance(shipped.get(name), dict)}
    return {**shipped, **wanted, **tables}


def _checked(kind: type[_Model], values: Mapping[str, Any], place: str) -> _Model:
    try:
        return kind(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        raise SettingsError(f"{place} {'.'.join(map(str, problem['loc']))}: {problem['msg']}") from error
