"""The files that pages load, held in memory: own styles and scripts, and the bundle of Vega that a wheel carries."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

from ritournelle.errors import PermanentError
from ritournelle.monitoring.rules import Language

VEGA = "vega.js"
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_BUNDLING_SECONDS = 60
_MAKE_BUNDLE = "import sys, vl_convert; sys.stdout.reconfigure(encoding='utf-8'); print(vl_convert.javascript_bundle())"


@dataclass(frozen=True)
class Asset:
    """One file; `tag` changes when its content does, and stands in its address so that browsers keep it for ever."""

    name: str
    content: bytes

    @property
    def media_type(self) -> str:
        """By its ending."""
        return _TYPES[Path(self.name).suffix]

    @cached_property
    def tag(self) -> str:
        """Of the content."""
        return sha256(self.content).hexdigest()[:16]

    @cached_property
    def packed(self) -> bytes:
        """The content, gzipped: once, not for every request."""
        return gzip.compress(self.content, mtime=0)


def own_assets() -> dict[str, Asset]:
    """What lies in `static/`, by name."""
    folder = files("ritournelle.serving").joinpath("static")
    return {entry.name: Asset(entry.name, entry.read_bytes()) for entry in folder.iterdir() if entry.is_file()}


def vega_bundle(cache: Path) -> Asset:
    """Vega, Vega-Lite and Vega-Embed as one script: from the cache, else made now (2 s) and kept there.

    Raises `PermanentError` when it cannot be made; a cache that cannot be written is done without.
    """
    kept = cache / f"vega-{version('vl-convert-python')}.js"
    try:
        return Asset(VEGA, kept.read_bytes())
    except OSError:
        content = _bundle()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        draft = kept.with_suffix(".draft")
        draft.write_bytes(content)
        draft.replace(kept)
    except OSError:
        pass  # a full disk must not take the charts away
    return Asset(VEGA, content)


def _bundle() -> bytes:
    # In a process of its own: the bundler keeps 130 MB for as long as its process lives.
    command = [sys.executable, "-c", _MAKE_BUNDLE]
    try:
        made = subprocess.run(command, capture_output=True, check=True, timeout=_BUNDLING_SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise PermanentError(f"the charts' script could not be made: {error}") from error
    return made.stdout


def locales(language: Language) -> dict[str, Any]:
    """How Vega writes numbers and dates; its own way is English."""
    if language == "en":
        return {}
    from vl_convert import get_format_locale, get_time_format_locale

    return {"formatLocale": get_format_locale("fr-FR"), "timeFormatLocale": get_time_format_locale("fr-FR")}


def addresses(assets: Mapping[str, Asset]) -> dict[str, str]:
    """Where each can be had."""
    return {name: f"/static/{name}?v={asset.tag}" for name, asset in assets.items()}
