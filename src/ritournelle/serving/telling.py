"""Readings as people say them: things by their names, and what programs said kept apart from the sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ritournelle.monitoring.reading import Reading, Severity
from ritournelle.monitoring.rules import Rules
from ritournelle.serving.language import Texts

_CONSEQUENCES = (
    "run_outcome",
    "mart_freshness",
    "source_freshness",
    "listen_freshness",
    "stale_snapshot",
    "data_tests",
)
"""Sensors that mostly fire because another one did: they come after it."""
_PROBLEM, _SUBJECT = "\x01", "\x02"
_WITHOUT_PROBLEM = re.compile(rf"\s*(\({_PROBLEM}\)|[:;,]?\s*{_PROBLEM})")


@dataclass(frozen=True)
class Trouble:
    """One kind of trouble, of one thing or of several: what broke, what was done, what to do; `technical` is raw."""

    sensor: str
    subjects: tuple[str, ...]
    severity: Severity
    message: str
    done: str
    action: str
    technical: str = ""

    @property
    def is_consequence(self) -> bool:
        """Whether it mostly comes of another trouble."""
        return self.sensor in _CONSEQUENCES


class Teller:
    """Tells readings by the rules' sentences, in the language of `texts`."""

    def __init__(self, rules: Rules, texts: Texts) -> None:
        self._rules = rules
        self._texts = texts
        self._order = {name: place for place, name in enumerate(rules.by_sensor)}

    def name(self, subject: str) -> str:
        """`Listen history` of `listen_history`; as it stands where it has no other name."""
        key = f"words.{subject}"
        return self._texts(key) if self._texts.has(key) else subject

    def say(self, reading: Reading) -> str:
        """The sentence, without what a program said of it."""
        return self._template(reading).replace(_SUBJECT, self.name(reading.subject))

    def technical(self, facts: Mapping[str, Any]) -> str:
        """What a program said, in its own English."""
        return str(facts.get("problem") or "")

    def rank(self, sensor: str, subject: str, severity: Severity) -> tuple[bool, bool, int, str]:
        """For sorting: the grave first, causes before what follows from them, then as the river flows."""
        place = self._order.get(sensor, len(self._order))
        return (not severity.is_critical, sensor in _CONSEQUENCES, place, subject)

    def troubles(self, readings: Iterable[Reading]) -> list[Trouble]:
        """Of those that fired; things that share a sentence share a trouble."""
        fired = [one for one in readings if one.has_fired]
        found: dict[tuple[str, str], Trouble] = {}
        for reading in sorted(fired, key=lambda one: self.rank(one.sensor, one.subject, one.severity)):
            template = self._template(reading)
            known = found.get((reading.sensor, template))
            subjects = (*(known.subjects if known else ()), self.name(reading.subject))
            trouble = known or self._trouble(reading)
            message = template.replace(_SUBJECT, ", ".join(subjects))
            found[reading.sensor, template] = replace(trouble, subjects=subjects, message=message)
        return list(found.values())

    def _trouble(self, reading: Reading) -> Trouble:
        language = self._texts.language
        done, action = self._rules.reassure(reading, language), self._rules.advise(reading, language)
        technical = self.technical(reading.facts)
        return Trouble(reading.sensor, (), reading.severity, "", done, action, technical)

    def _template(self, reading: Reading) -> str:
        """The sentence with a mark for the subject."""
        told = {name: self._word(value) for name, value in reading.facts.items()}
        marked = replace(reading, facts=told | {"subject": _SUBJECT, "problem": _PROBLEM})
        return _WITHOUT_PROBLEM.sub("", self._rules.say(marked, self._texts.language))

    def _word(self, value: Any) -> Any:
        if isinstance(value, float) and self._texts.language == "fr":
            return str(value).replace(".", ",")
        key = f"words.{value}"
        return self._texts(key) if isinstance(value, str) and self._texts.has(key) else value
