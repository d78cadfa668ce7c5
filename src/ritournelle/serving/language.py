"""English or French: which one a browser asks for, and every text of the pages in both."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, get_args

from ritournelle.monitoring.rules import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "en"


def chosen_language(wanted: str | None, accept_language: str | None) -> Language:
    """`wanted` is what the address says (`?lang=fr`); else the first of the browser's that there is; else English."""
    for name in (wanted or "", *_accepted(accept_language or "")):
        for language in LANGUAGES:
            if name.lower().partition("-")[0] == language:
                return language
    return DEFAULT


def _accepted(header: str) -> list[str]:
    """The languages of an `Accept-Language` header, the dearest first; what cannot be read is passed over."""
    weighed = []
    for place, part in enumerate(header[:1000].split(",")):
        name, _, parameters = part.strip().partition(";")
        weight = _weight(parameters)
        if name and weight > 0:
            weighed.append((-weight, place, name))
    return [name for _, _, name in sorted(weighed)]


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


class Texts:
    """The texts of one language: `texts("runs.title", count=3)`; a `KeyError` names a text that is not there."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._texts = load_texts(language)

    def __call__(self, key: str, **facts: Any) -> str:
        return self._texts[key].format(**facts)

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._texts

    def counted(self, key: str, count: int, **facts: Any) -> str:
        """The text for one or for many; French takes the singular for 0, too."""
        is_one = count == 1 or (self.language == "fr" and count == 0)
        return self(f"{key}.{'one' if is_one else 'many'}", count=count, **facts)


def load_texts(language: Language) -> dict[str, str]:
    """Every text by its dotted key."""
    page = files("ritournelle.serving").joinpath(f"texts/{language}.toml").read_text(encoding="utf-8")
    return dict(_flat(tomllib.loads(page), ""))


def _flat(table: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    found = []
    for name, value in table.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found
