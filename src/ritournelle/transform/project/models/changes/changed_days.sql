-- One row per day whose figures may be other ones since the last good build. Empty on a rebuild.
with

listens as (
    select * from {{ ref('changed_listens') }}
    where is_recounted
),

-- Large tables are named where they are read once each: engines write out a CTE that is read twice.
of_their_users as (
    select
        facts.listened_on,
        facts.user_key,
        facts.source_epoch,
        facts.listen_id
    from {{ ref('fact_listen_history') }} as facts
    where facts.source_user_id in (select user_id from listens)
),

marked as (
    select
        facts.listened_on,
        facts.user_key,
        listens.listen_id is not null as is_recounted
    from of_their_users as facts
    left join listens
        on facts.source_epoch = listens.source_epoch
        and facts.listen_id = listens.listen_id
),

recounted as (
    select distinct listened_on
    from marked
    where is_recounted
),

-- Who is met earlier than thought is no new listener any more on the day that counted as the first.
former_first_days as (
    select min(case when not is_recounted then listened_on end) as listened_on
    from marked
    where user_key <> 'unknown'
    group by user_key
    having min(listened_on) < min(case when not is_recounted then listened_on end)
),

-- A track that has another artist now counts for another one on all of its days.
of_changed_tracks as (
    select distinct listened_on
    from {{ ref('fact_listen_history') }} as facts
    where track_id in (select track_id from {{ ref('changed_tracks') }})
),

-- The catalogue of a day is the one at its end: the days since the first change may have another one.
since_the_catalogue_changed as (
    select distinct listened_on
    from {{ ref('fact_listen_history') }} as facts
    where listened_on >= (
        select min({{ utc_date('valid_from') }}) from {{ ref('tracks_hist') }}
        where {{ came_after('run_number') }}
    )
),

final as (
    select * from recounted
    {{ union_distinct() }}
    select * from former_first_days
    {{ union_distinct() }}
    select * from of_changed_tracks
    {{ union_distinct() }}
    select * from since_the_catalogue_changed
)

select * from final
