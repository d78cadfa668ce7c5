"""What a consumer of the data reports: checked and cleaned, because it comes from a page that others can reach."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ritournelle.domain.sources import Source
from ritournelle.errors import PermanentError
from ritournelle.monitoring.reading import Severity

SUBJECTS = (*map(str, Source), "recommendations", "model", "pipeline", "published", "warehouse", "home", "page")
"""What a report may be about, beside tables."""
TABLE = re.compile(r"(history|core|marts|ops)\.[a-z][a-z0-9_]{0,60}")
MOST_CHARACTERS = {"message": 1_000, "name": 80, "contact": 200, "note": 1_000}


@dataclass(frozen=True)
class Report:
    """Somebody's word that something is wrong; `PermanentError` says what of it cannot be taken.

    `subject`: one of `SUBJECTS`, or a table that readers see, such as `marts.recommendations`. `severity`: `warn` or
    `error`; what holds publication is for sensors to say.
    """

    subject: str
    message: str
    severity: Severity = Severity.WARN
    by: str = "a consumer"
    contact: str = ""

    def __post_init__(self) -> None:
        if self.subject not in SUBJECTS and not TABLE.fullmatch(self.subject):
            known = ", ".join(SUBJECTS)
            raise PermanentError(
                f"{_cut(self.subject)!r} is no subject; there are: {known}, and tables: marts.kpi_days"
            )
        if self.severity is Severity.BLOCK:
            raise PermanentError("a person opens incidents of severity warn or error; only sensors hold publication")
        for field, kind in (("message", "message"), ("by", "name"), ("contact", "contact")):
            object.__setattr__(self, field, _checked(getattr(self, field), kind))
        if len(self.message) < 5:
            raise PermanentError("say in a sentence what is wrong")
        if not self.by:
            object.__setattr__(self, "by", "a consumer")

    @property
    def key(self) -> str:
        """At most one open incident of it: further reports of the same subject join that one."""
        return f"person:{self.subject}"


def note_of(text: str) -> str:
    """A note of somebody on duty, as a line."""
    return _checked(text, "note")


def _checked(text: str, kind: str) -> str:
    """One line without control characters, which terminals and mail headers would obey."""
    most = MOST_CHARACTERS[kind]
    line = " ".join("".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text).split())
    if len(line) > most:
        raise PermanentError(f"the {kind} has {len(line):,} characters; at most {most:,} are kept")
    return line


def _cut(text: str) -> str:
    return text if len(text) <= 60 else text[:60] + "…"
