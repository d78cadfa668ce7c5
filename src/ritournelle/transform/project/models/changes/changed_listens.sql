-- One row per listen of each record that a run has touched, or whose user or tracks have appeared, since the last good
-- build. Empty on a rebuild. `is_recounted`: it is new or means somebody else now; the others have moved or vanished at
-- most, which no mart counts.
with

records as (
    select * from {{ ref('changed_records') }}
),

-- By user first: one number is compared ten times as fast as a record's whole key.
listens as (
    select * from {{ ref('stg_listens') }}
    where user_id in (select user_id from records)
),

of_changed_records as (
    select
        listens.listen_id,
        listens.user_id,
        listens.track_id,
        listens.source_epoch,
        listens.source_record_at,
        min(listens.run_number) as first_run_number
    from listens
    inner join records
        on listens.source_epoch = records.source_epoch
        and listens.user_id = records.user_id
        and listens.source_record_at = records.source_record_at
    group by listens.listen_id, listens.user_id, listens.track_id, listens.source_epoch, listens.source_record_at
),

-- Told through the event log.
told as (
    select
        events.listen_id,
        events.user_id,
        events.track_id,
        events.source_epoch,
        events.source_record_at,
        events.run_number
    from {{ ref('stg_listen_events') }} as events
    inner join records
        on events.source_epoch = records.source_epoch
        and events.user_id = records.user_id
        and events.source_record_at = records.source_record_at
),

new_tracks as (
    select track_id from {{ ref('tracks_hist') }}
    where version = 1 and {{ came_after('run_number') }}
),

-- Large tables are named where they are read: engines write out a CTE that is read twice.
-- What pointed at the unknown member until now; other listens of a user who is new cannot be there yet.
of_new_users as (
    select
        listen_id,
        user_id,
        track_id,
        source_epoch,
        source_record_at,
        by_batch
    from {{ known_listens() }}
    where user_id in (
        select user_id from {{ ref('users_hist') }}
        where version = 1 and {{ came_after('run_number') }}
    )
),

records_of_new_tracks as (
    select distinct
        user_id,
        source_epoch,
        source_record_at
    from {{ known_listens() }}
    where track_id in (select track_id from new_tracks)
),

of_new_tracks as (
    select
        listen_id,
        user_id,
        track_id,
        source_epoch,
        source_record_at,
        by_batch,
        case when track_id in (select track_id from new_tracks) then 1 else 0 end as recounted
    from {{ known_listens() }}
    where user_id in (select user_id from records_of_new_tracks)
        and (user_id, source_epoch, source_record_at) in (
            select user_id, source_epoch, source_record_at from records_of_new_tracks
        )
),

together as (
    select
        listen_id,
        user_id,
        track_id,
        source_epoch,
        source_record_at,
        1 as by_batch,
        case when {{ came_after('first_run_number') }} then 1 else 0 end as recounted
    from of_changed_records
    union all
    select
        listen_id,
        user_id,
        track_id,
        source_epoch,
        source_record_at,
        0 as by_batch,
        case when {{ came_after('run_number') }} then 1 else 0 end as recounted
    from told
    union all
    select *, 1 as recounted from of_new_users
    union all
    select * from of_new_tracks
),

final as (
    select
        listen_id,
        user_id,
        track_id,
        source_epoch,
        source_record_at,
        max(by_batch) = 1 as came_by_batch,
        max(recounted) = 1 as is_recounted
    from together
    group by listen_id, user_id, track_id, source_epoch, source_record_at
)

select * from final
