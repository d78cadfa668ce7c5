"""The peer: what a web developer would write in an afternoon: FastAPI, SQLAlchemy, the stored list joined with its
tracks, JSON. No ids to answer for, no exposures, no exclusions, nobody forgotten. `python -m benchmarks.serving.peer
FILE PORT`; served by the same server as ours.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Query
from sqlalchemy import create_engine, text

from ritournelle.serving.server import serve

_LIST = text(
    """
    SELECT rank, track_id, name, artist, album, duration_seconds, score, reason, model_version, computed_at
    FROM recommendations JOIN tracks USING (track_id) WHERE user_id = :user_id AND rank <= :k ORDER BY rank
    """
)


def create_peer(file: Path) -> FastAPI:
    """The application on an SQLite file."""
    app = FastAPI()
    engine = create_engine(f"sqlite:///{file}", pool_size=40)

    @app.get("/v1/users/{user_id}/recommendations")
    def recommendations(user_id: int, k: Annotated[int, Query(ge=1, le=1000)] = 20) -> dict[str, Any]:
        with engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(_LIST, {"user_id": user_id, "k": k}).mappings()]
        return {"user_id": user_id, "recommendations": rows}

    return app


if __name__ == "__main__":
    serve(create_peer(Path(sys.argv[1])), "127.0.0.1", int(sys.argv[2]), lambda url: print(url, flush=True))
