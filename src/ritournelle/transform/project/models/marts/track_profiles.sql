-- One row per living track of the current population: what it is, and how the living users hear it.
{{ config(materialized='table') }}

with

tracks as (
    select * from {{ ref('dim_tracks') }}
),

living_tracks as (
    select * from tracks
    where not is_deleted and source_epoch = (select max(source_epoch) from {{ ref('dim_tracks') }})
),

interactions as (
    select * from {{ ref('interactions') }}
),

genres as (
    select
        track_key,
        count(*) as genres
    from {{ ref('bridge_track_genres') }}
    group by track_key
),

summed as (
    select
        track_id,
        count(*) as listeners,
        count(case when plays > 1 then 1 end) as returning_listeners,
        cast(sum(plays) as {{ dbt.type_bigint() }}) as plays,
        sum({{ millionths_of('weight') }}) as weight,
        min(first_listened_at) as first_listened_at,
        max(last_listened_at) as last_listened_at
    from interactions
    group by track_id
),

final as (
    select
        tracks.track_id,
        tracks.artist_key,
        tracks.duration_seconds,
        coalesce(genres.genres, 0) as genres,
        coalesce(summed.plays, 0) as plays,
        coalesce(summed.listeners, 0) as listeners,
        coalesce(summed.returning_listeners, 0) as returning_listeners,
        coalesce({{ weight_of('summed.weight') }}, 0) as weight,
        tracks.first_seen_at,
        summed.first_listened_at,
        summed.last_listened_at
    from living_tracks as tracks
    left join summed on tracks.track_id = summed.track_id
    left join genres on tracks.track_key = genres.track_key
)

select * from final
