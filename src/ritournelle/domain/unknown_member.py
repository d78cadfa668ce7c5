"""The unknown member of the star's dimensions: facts whose user or track is not known point at it."""

from __future__ import annotations

UNKNOWN_MEMBER = -1
"""Its id, and so the id of no user and no track."""
