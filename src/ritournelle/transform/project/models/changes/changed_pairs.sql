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
    from {{ ref('listen_history_hist') }}
    where is_current and user_id in (select user_id from {{ ref('changed_users') }})
),

of_changed_tracks as (
    select
        user_id,
        track_id
    from {{ ref('listen_history_hist') }}
    where is_current and track_id in (select track_id from {{ ref('changed_tracks') }})
),

weighed_anew as (
    select
        user_id,
        track_id
    from {{ ref('listen_history_hist') }}
    where is_current and {{ weights_count_anew() }}
),

final as (
    select * from recounted
    {{ union_distinct() }}
    select * from of_changed_users
    {{ union_distinct() }}
    select * from of_changed_tracks
    {{ union_distinct() }}
    select * from weighed_anew
)

select * from final
