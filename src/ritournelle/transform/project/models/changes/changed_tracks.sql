-- One row per track that has come, gone, come back, or changed what profiles say of it, since the last good build.
{{ config(materialized='ephemeral') }}

select distinct versions.track_id
from {{ ref('tracks_hist') }} as versions
left join {{ ref('tracks_hist') }} as previous
    on versions.track_key = previous.track_key
    and versions.version = previous.version + 1
where {{ came_after('versions.run_number') }}
    and (
        previous.track_key is null
        or versions.is_deleted <> previous.is_deleted
        or coalesce(versions.artist, '') <> coalesce(previous.artist, '')
        or coalesce(versions.genres, '') <> coalesce(previous.genres, '')
    )
