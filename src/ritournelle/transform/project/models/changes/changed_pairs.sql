-- One row per user × track whose interaction may be another one since the last good build. Empty on a rebuild.
with

listens as (
    select * from {{ ref('changed_listens') }}
),

recounted as (
    select
        user_id,
        track_id
    from listens
    where is_recounted and track_id is not null
),

of_changed_users as (
    select
        user_id,
        track_id
    from {{ known_listens() }}
    where user_id in (select user_id from {{ ref('changed_users') }})
),

of_changed_tracks as (
    select
        user_id,
        track_id
    from {{ known_listens() }}
    where track_id in (select track_id from {{ ref('changed_tracks') }})
),

-- What somebody excludes from their taste, or takes back, concerns listens of any age.
of_changed_exclusions as (
    select
        user_id,
        track_id
    from {{ known_listens() }}
    where user_id in (
        select user_id from {{ ref('stg_taste_exclusions') }} where {{ came_after('run_number') }}
    )
),

weighed_anew as (
    select
        user_id,
        track_id
    from {{ known_listens() }}
    where {{ weights_count_anew() }}
),

final as (
    select * from recounted
    {{ union_distinct() }}
    select * from of_changed_users
    {{ union_distinct() }}
    select * from of_changed_tracks
    {{ union_distinct() }}
    select * from of_changed_exclusions
    {{ union_distinct() }}
    select * from weighed_anew
)

select * from final
