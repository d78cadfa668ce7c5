-- One row per track (per source epoch) and version: type 2, deletions included.
-- A deletion is a version of its own that carries the last known values.
with

changes as (
    select * from {{ ref('stg_tracks') }}
),

with_previous as (
    select
        *,
        lag(change_type) over (partition by source_epoch, track_id order by run_number) as previous_change_type
    from changes
),

-- A deletion of what is unknown or gone already says nothing.
meaningful as (
    select * from with_previous
    where not is_deleted or previous_change_type in ('inserted', 'updated')
),

-- A clock may be set back between two runs: a version never starts before the one it follows.
ordered as (
    select
        *,
        row_number() over (partition by source_epoch, track_id order by run_number) as version,
        max(extracted_at) over (
            partition by source_epoch, track_id order by run_number
            rows between unbounded preceding and current row
        ) as valid_from
    from meaningful
),

versions as (
    select
        *,
        lead(valid_from) over (partition by source_epoch, track_id order by run_number) as valid_to
    from ordered
),

-- Of its own, with equalities only: `versions.is_deleted` in the join below cost 190 s instead of 0.5 s (200,000 rows).
before_deletion as (
    select
        versions.*,
        deletions.version as deletion_version
    from versions as deletions
    inner join versions
        on deletions.source_epoch = versions.source_epoch
        and deletions.track_id = versions.track_id
        and deletions.version = versions.version + 1
    where deletions.is_deleted
),

final as (
    select
        versions.track_key,
        versions.track_id,
        versions.run_id,
        coalesce(versions.content_hash, before_deletion.content_hash) as content_hash,
        coalesce(versions.name, before_deletion.name) as name,
        coalesce(versions.artist, before_deletion.artist) as artist,
        coalesce(versions.album, before_deletion.album) as album,
        coalesce(versions.songwriters, before_deletion.songwriters) as songwriters,
        coalesce(versions.genres, before_deletion.genres) as genres,
        versions.source_epoch,
        cast(versions.version as integer) as version,
        versions.run_number,
        coalesce(versions.duration_seconds, before_deletion.duration_seconds) as duration_seconds,
        versions.valid_to is null as is_current,
        versions.is_deleted,
        coalesce(versions.source_created_at, before_deletion.source_created_at) as source_created_at,
        coalesce(versions.source_updated_at, before_deletion.source_updated_at) as source_updated_at,
        versions.valid_from,
        versions.valid_to,
        versions.extracted_at as ingested_at
    from versions
    left join before_deletion
        on versions.source_epoch = before_deletion.source_epoch
        and versions.track_id = before_deletion.track_id
        and versions.version = before_deletion.deletion_version
)

select * from final
