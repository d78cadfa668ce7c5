"""What a listener is known by: the strongest of the tracks that they heard, so that a long history costs as a short."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

MOST = 500
"""Tracks of one listener that a model is asked with and that may stand behind a recommendation.

As many as ALS looks at by default (`fold_in_tracks`), so that its lists are the same; of the other families the same is
asked here, and all that was heard at night. The seen filter goes by everything that was heard.
"""


def strongest(heard: pa.Table) -> pa.Table:
    """The rows (user_id, track_id, weight) of one listener with the highest weights; of equal ones the lower tracks."""
    if heard.num_rows <= MOST:
        return heard
    weights, tracks = heard.column("weight").to_numpy(), heard.column("track_id").to_numpy()
    edge = np.partition(weights, -MOST)[-MOST]
    above, tied = np.flatnonzero(weights > edge), np.flatnonzero(weights == edge)
    lowest = tied[np.argsort(tracks[tied], kind="stable")[: MOST - len(above)]]
    return heard.take(np.sort(np.concatenate([above, lowest])))
