"""Numbers, moments and durations as people of both languages write them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ritournelle.monitoring.rules import Language

NARROW_SPACE = "\u202f"  # no-break: between thousands and before units in French
_MONTHS: dict[Language, tuple[str, ...]] = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "fr": ("janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
}
_NEVER: dict[Language, str] = {"en": "never", "fr": "jamais"}
_UNITS: dict[Language, tuple[tuple[float, str], ...]] = {
    "en": ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")),
    "fr": ((86_400, "j"), (3600, "h"), (60, "min"), (1, "s")),
}


@dataclass(frozen=True)
class Writer:
    """Writes for readers of one language at one moment, `now` (UTC)."""

    language: Language
    now: datetime

    def number(self, value: float | None) -> str:
        """With thousands set apart and at most three digits after the point; a dash where there is none."""
        if value is None:
            return "–"
        text = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:,.3g}"
        return text if self.language == "en" else text.translate({ord(","): NARROW_SPACE, ord("."): ","})

    def moment(self, moment: datetime | None) -> str:
        """Day and minute in UTC."""
        if moment is None:
            return _NEVER[self.language]
        joined = " at " if self.language == "en" else " à "
        return f"{self.day(moment)}{joined}{moment:%H:%M} UTC"

    def day(self, moment: datetime) -> str:
        """`25 Nov 2026`, `25 nov. 2026`."""
        first = "1er" if self.language == "fr" and moment.day == 1 else str(moment.day)
        return f"{first} {_MONTHS[self.language][moment.month - 1]} {moment.year}"

    def duration(self, seconds: float | None) -> str:
        """In its two largest units: `1 d 4 h`, `12.3 s`."""
        if seconds is None:
            return "–"
        if seconds < 60:
            return f"{self._decimal(seconds)} s"
        parts: list[str] = []
        rest = float(round(seconds))
        for size, name in _UNITS[self.language]:
            count, rest = divmod(rest, size)
            if count or parts:
                parts.append(f"{count:.0f} {name}" if count else "")
        return " ".join(part for part in parts[:2] if part)

    def age(self, moment: datetime | None) -> str:
        """How long ago: `3 h ago`, `il y a 3 h`."""
        if moment is None:
            return _NEVER[self.language]
        seconds = (self.now - moment).total_seconds()
        if abs(seconds) < 60:
            return "just now" if self.language == "en" else "à l'instant"
        told = self.duration(abs(seconds)).split(" ")
        shown = " ".join(told if abs(seconds) >= 3600 else told[:2])
        return self._ago(seconds)(shown)

    def share(self, value: float) -> str:
        """`93 %`."""
        return f"{100 * value:.0f}%" if self.language == "en" else f"{100 * value:.0f}{NARROW_SPACE}%"

    def _ago(self, seconds: float) -> Callable[[str], str]:
        if self.language == "en":
            return (lambda told: f"{told} ago") if seconds > 0 else (lambda told: f"in {told}")
        return (lambda told: f"il y a {told}") if seconds > 0 else (lambda told: f"dans {told}")

    def _decimal(self, seconds: float) -> str:
        text = f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"
        return text if self.language == "en" else text.replace(".", ",")


def age_seconds(moment: datetime | None, now: datetime) -> float | None:
    """How old, never below zero."""
    return None if moment is None else max((now - moment) / timedelta(seconds=1), 0.0)
