"""The runbooks as pages: Markdown of `docs/runbooks`, which a wheel carries, into HTML that holds no other HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_NAME = re.compile(r"[a-z][a-z-]{0,60}|README", re.ASCII)
_OTHER_RUNBOOK = re.compile(r"([a-z-]+|README)\.md(#[\w-]*)?", re.ASCII)


def runbook(name: str, query: str = "") -> Markup | None:
    """One of them; None for a name that is none. Links to other runbooks end in `query`, other links are text."""
    if _NAME.fullmatch(name) is None:
        return None
    text = _text(name)
    if text is None:
        return None
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(text)
    for token in tokens:
        token.children = _own_links(token.children or [], query)
    return Markup(reader.renderer.render(tokens, reader.options, {}))  # it escapes every text


@cache
def _text(name: str) -> str | None:
    page = _folder().joinpath(f"{name}.md")
    return page.read_text(encoding="utf-8") if page.is_file() else None


def _folder() -> Traversable:
    """Of the wheel; in a checkout that of the repository."""
    carried = files("ritournelle.serving").joinpath("runbooks")
    return carried if carried.is_dir() else Path(__file__).resolve().parents[3] / "docs" / "runbooks"


def _own_links(tokens: Sequence[Token], query: str) -> list[Token]:
    kept, is_open = [], False
    for token in tokens:
        if token.type == "link_open":
            found = _OTHER_RUNBOOK.fullmatch(str(token.attrs.get("href", "")))
            is_open = found is not None
            if found is None:
                continue
            token.attrs = {"href": f"/runbooks/{found[1]}{query}{found[2] or ''}"}
        elif token.type == "link_close" and not is_open:
            continue
        kept.append(token)
    return kept
