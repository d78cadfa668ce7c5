"""What the platform expects of one row of each source, declared once: types, keys, identity, and the reasons to refuse.

Rules (also in docs/reference/source-contract.md): ids, datetimes and a track's duration must be there and be right, for
nothing works without them. Names, e-mail, gender and genres may be null: no key hangs on them. `items` may be null:
an empty history. A text may not hold the character NUL: PostgreSQL's COPY would refuse a whole source for it. Fields
that are not declared are left out and reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr

from ritournelle.domain.sources import Source

DURATION_PATTERN = r"^[0-9]{1,4}:[0-5][0-9]$"
DATETIME_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:?[0-9]{2})?$"
)

NUL = "\0"
"""What no text may hold; JSON brings it as `\\u0000`."""

# -1 is the unknown member of the star; the app's ids are positive.
Identifier = Annotated[StrictInt, Field(ge=0, lt=2**63)]
Text = StrictStr | None
Moment = Annotated[StrictStr, Field(pattern=DATETIME_PATTERN, description="ISO 8601, naive: the source's time zone")]
Duration = Annotated[StrictStr, Field(pattern=DURATION_PATTERN, description="MM:SS, never hours")]


class TrackRow(BaseModel):
    """One item of `/tracks`."""

    model_config = ConfigDict(extra="ignore", defer_build=True)  # built when the first bad row comes

    id: Identifier
    name: Text = None
    artist: Text = None
    songwriters: Text = None
    duration: Duration
    genres: Text = None
    album: Text = None
    created_at: Moment
    updated_at: Moment


class UserRow(BaseModel):
    """One item of `/users`."""

    model_config = ConfigDict(extra="ignore", defer_build=True)  # built when the first bad row comes

    id: Identifier
    first_name: Text = None
    last_name: Text = None
    email: Text = None
    gender: Text = None
    favorite_genres: Text = None
    created_at: Moment
    updated_at: Moment


class ListenHistoryRow(BaseModel):
    """One item of `/listen_history`: what one user listened to, in order."""

    model_config = ConfigDict(extra="ignore", defer_build=True)  # built when the first bad row comes

    user_id: Identifier
    items: list[Identifier] | None = None
    created_at: Moment
    updated_at: Moment


@dataclass(frozen=True)
class Contract:
    """A source's row type and what its fields are for."""

    source: Source
    row: type[BaseModel]
    columns: pa.Schema  # as the JSON holds them: datetimes are text here
    key: tuple[str, ...]
    identity: tuple[str, ...] = ()  # the fields that say who or what it is: they hardly ever all change

    moments: ClassVar[tuple[str, ...]] = ("created_at", "updated_at")
    personal: ClassVar[frozenset[str]] = frozenset({"first_name", "last_name", "email"})

    @property
    def required(self) -> tuple[str, ...]:
        """The fields that may not be null."""
        return tuple(name for name, field in self.row.model_fields.items() if field.is_required())

    @property
    def id_column(self) -> str:
        """The id of the user or track that the row is about."""
        return self.key[0]


def _columns(row: type[BaseModel], **kinds: pa.DataType) -> pa.Schema:
    return pa.schema([(name, kinds.get(name, pa.string())) for name in row.model_fields])


CONTRACTS: dict[Source, Contract] = {
    Source.TRACKS: Contract(
        Source.TRACKS,
        TrackRow,
        _columns(TrackRow, id=pa.int64()),
        key=("id",),
        identity=("name", "artist"),
    ),
    Source.USERS: Contract(
        Source.USERS,
        UserRow,
        _columns(UserRow, id=pa.int64()),
        key=("id",),
        identity=("first_name", "last_name"),
    ),
    Source.LISTEN_HISTORY: Contract(
        Source.LISTEN_HISTORY,
        ListenHistoryRow,
        _columns(ListenHistoryRow, user_id=pa.int64(), items=pa.list_(pa.int64())),
        # A user may have several records in time; within a record listens have no id of their own.
        key=("user_id", "created_at"),
    ),
}
