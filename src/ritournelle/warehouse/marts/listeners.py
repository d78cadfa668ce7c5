"""Who is there."""

from __future__ import annotations

import pyarrow as pa

from ritournelle.warehouse.marts.columns import LIVING, USER_ID
from ritournelle.warehouse.query import Query

LIVING_USERS = Query("living_users", "core.dim_users", pa.schema([USER_ID]), f"{LIVING} ORDER BY user_id")
"""Who gets a list."""

LIVING_USER = Query(
    "living_user",
    "core.dim_users",
    pa.schema([USER_ID]),
    f"{LIVING} AND user_id = :user_id",
    {"user_id": int},
)
"""One row for a user who is there, none for one who is gone or never was."""
