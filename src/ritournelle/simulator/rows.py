"""One row of each source, with the fields and the order of the real app."""

from __future__ import annotations

import msgspec


class TrackRow(msgspec.Struct):
    """One item of `/tracks`; `duration` is MM:SS, datetimes are ISO texts."""

    id: int
    name: str
    artist: str
    songwriters: str
    duration: str
    genres: str
    album: str
    created_at: str
    updated_at: str


class UserRow(msgspec.Struct):
    """One item of `/users`."""

    id: int
    first_name: str
    last_name: str
    email: str
    gender: str
    favorite_genres: str
    created_at: str
    updated_at: str


class ListenRow(msgspec.Struct):
    """One item of `/listen_history`: everything one user heard, as track ids."""

    user_id: int | None
    items: list[int] | None
    created_at: str
    updated_at: str
