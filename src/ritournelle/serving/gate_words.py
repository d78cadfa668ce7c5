"""What the gate decided, in the reader's language: its reasons are sentences of known forms, in English."""

from __future__ import annotations

import re

from ritournelle.serving.language import Texts

_INTERVAL = r"(?P<mean>\S+) \[(?P<low>\S+), (?P<high>\S+)\]"
_DIFFERS = rf"with (?P<confidence>\S+) confidence: (?P<metric>\S+) differs by {_INTERVAL} from (?P<reached>\S+)"
_FORMS = {
    "better": rf"better than popularity by {_INTERVAL} (?P<metric>\S+)",
    "against": rf"against the champion {_INTERVAL} (?P<metric>\S+)",
    "not_better_than_popularity": rf"not better than popularity {_DIFFERS}",
    "not_better": rf"not better than the champion {_DIFFERS}",
    "too_much_worse": rf"not at most (?P<margin>\S+) worse than the champion {_DIFFERS}",
    "slice": rf"(?P<slice>.+) would lose: (?P<metric>\S+) differs by {_INTERVAL} from (?P<reached>\S+)",
    "no_number": r"(?P<metric>\S+) is not a number for some listeners",
    "empty": r"(?P<share>\S+) of the lists are empty",
    "identical": r"(?P<share>\S+) of the lists are one and the same",
    "coverage": r"its lists show (?P<share>\S+) of the catalogue, those of popularity (?P<floor>[^;]+);"
    r" (?P<times>\S+) times as much is asked for",
    "cases": r"only (?P<cases>\d+) listeners could be asked; (?P<needed>\d+) are needed to decide",
    "by_hand": r"by hand",
    "by_hand_here": r"by hand, on the page",
}
_PATTERNS = {name: re.compile(form) for name, form in _FORMS.items()}


def in_words(reason: str, texts: Texts) -> tuple[str, str]:
    """The sentence, and its language where that is not the reader's: a reason of another form stays as it is."""
    for name, pattern in _PATTERNS.items():
        found = pattern.fullmatch(reason)
        if found is not None:
            return texts(f"gate.{name}", **{key: _shown(value, texts) for key, value in found.groupdict().items()}), ""
    return reason, "en"


def _shown(value: str, texts: Texts) -> str:
    """`ndcg@20` as NDCG@20, and numbers with a comma in French."""
    if "@" in value:
        return value.upper()
    key = f"slices.{value}"
    if texts.has(key):
        return texts(key)
    return value.replace(".", ",").replace("%", " %") if texts.language == "fr" else value
