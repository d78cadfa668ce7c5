-- One row per living track and other track that the same listeners heard: up to 50 others per track, the closest first.
-- One listener alone says nothing of two tracks: at least two must have heard both.
-- Bounded work however large the history: the 20 latest tracks of each of the 10,000 most recently active listeners.
{{ config(materialized='table') }}

with

-- Known there already: to find each one's last listen among the interactions would cost half of this model.
listeners as (
    select user_id
    from {{ ref('user_profiles') }}
    where last_listened_at is not null
    order by last_listened_at desc, user_id
    limit {{ var('co_listens_listeners') }}
),

heard as (
    select
        interactions.user_id,
        interactions.track_id,
        interactions.last_listened_at
    from {{ ref('interactions') }} as interactions
    inner join listeners on interactions.user_id = listeners.user_id
),

placed as (
    select
        *,
        row_number() over (partition by user_id order by last_listened_at desc, track_id) as place
    from heard
),

latest as (
    select
        user_id,
        track_id
    from placed
    where place <= 20
),

popularity as (
    select
        track_id,
        count(*) as listeners
    from latest
    group by track_id
),

pairs as (
    select
        one.track_id,
        other.track_id as other_track_id,
        count(*) as listeners
    from latest as one
    inner join latest as other on one.user_id = other.user_id and one.track_id < other.track_id
    group by one.track_id, other.track_id
    having count(*) >= 2
),

-- Cosine of the two tracks' listeners: shared ones over the geometric mean of both.
compared as (
    select
        pairs.track_id,
        pairs.other_track_id,
        pairs.listeners,
        cast(pairs.listeners as {{ type_double() }})
        / sqrt(cast(one.listeners * other.listeners as {{ type_double() }})) as similarity
    from pairs
    inner join popularity as one on pairs.track_id = one.track_id
    inner join popularity as other on pairs.other_track_id = other.track_id
),

both_ways as (
    select * from compared
    union all
    select
        other_track_id as track_id,
        track_id as other_track_id,
        listeners,
        similarity
    from compared
),

ranked as (
    select
        *,
        row_number() over (
            partition by track_id order by similarity desc, listeners desc, other_track_id
        ) as place
    from both_ways
),

final as (
    select
        track_id,
        other_track_id,
        place as co_listen_rank,
        listeners,
        similarity
    from ranked
    where place <= 50
)

select * from final
