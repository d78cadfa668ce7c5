"""Who is to be forgotten, and how a text that speaks of them is told from one that merely holds the same digits."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ritournelle.domain.unknown_member import UNKNOWN_MEMBER

NOBODY = str(UNKNOWN_MEMBER)
"""What stands in the place of an id."""
NO_EMAIL = "[erased]"
_TELLING_DIGITS = 7
"""An id of so many digits is no count of anything: it is found wherever it stands."""
_SHORTEST_EMAIL = 5


@dataclass(frozen=True)
class Listener:
    """A listener by the id that all stores know, and the e-mails that stand in texts."""

    user_id: int
    emails: Sequence[str] = ()

    def is_in(self, text: str) -> bool:
        """Whether a text speaks of them."""
        return self.redacted(text) != text

    def redacted(self, text: str) -> str:
        """The text without them; JSON stays JSON."""
        lowered = text.lower()
        if not any(needle in lowered for needle in self.needles):
            return text
        for pattern, instead in self._patterns:
            text = pattern.sub(instead, text)
        return text

    @cached_property
    def needles(self) -> Sequence[str]:
        """Texts without one of these, once they are in lower case, do not speak of them."""
        return [str(self.user_id), *(email.lower() for email in self._known_emails)]

    @cached_property
    def ascii_needles(self) -> Sequence[str]:
        """The same for what lowers A–Z alone, as SQLite and bytes do."""
        return [str(self.user_id), *(email.encode().lower().decode() for email in self._known_emails)]

    @property
    def _known_emails(self) -> list[str]:
        """As they are, and as JSON may write them."""
        known = [email for email in self.emails if "@" in email and len(email) >= _SHORTEST_EMAIL]
        return list(dict.fromkeys([*known, *(json.dumps(email)[1:-1] for email in known)]))

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        number = rf"(?<![\d.-]){re.escape(str(self.user_id))}(?![\d]|\.\d)"
        named = re.compile(rf"((?:user|listener)[\w \"':=,\[\]]{{0,24}}?){number}", re.IGNORECASE)
        patterns = [(re.compile(re.escape(email), re.IGNORECASE), NO_EMAIL) for email in self._known_emails]
        patterns.append((named, rf"\g<1>{NOBODY}"))
        if len(str(abs(self.user_id))) >= _TELLING_DIGITS:
            patterns.append((re.compile(rf'(?<!": )(?<!":){number}'), NOBODY))
        return patterns
