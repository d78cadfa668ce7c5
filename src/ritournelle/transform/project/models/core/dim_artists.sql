-- One row per artist that a track has named, and one unknown member for tracks without. Spellings that differ in case
-- are one artist, who is called as on the track that was known first.
{{ config(materialized='table') }}

with

tracks as (
    select * from {{ ref('dim_tracks') }}
    where track_key <> 'unknown'
),

counted as (
    select
        artist_key,
        count(*) as tracks,
        count(case when not is_deleted then 1 end) as living_tracks
    from tracks
    group by artist_key
),

spelled as (
    select
        artist_key,
        artist as name,
        row_number() over (partition by artist_key order by first_seen_at, source_epoch, track_id) as place
    from tracks
),

members as (
    select
        counted.artist_key,
        spelled.name,
        counted.tracks,
        counted.living_tracks
    from counted
    inner join spelled on counted.artist_key = spelled.artist_key and spelled.place = 1
    where counted.artist_key <> 'unknown'
),

unknown_member as (
    select
        'unknown' as artist_key,
        cast(null as {{ dbt.type_string() }}) as name,
        count(*) as tracks,
        count(case when not is_deleted then 1 end) as living_tracks
    from tracks
    where artist_key = 'unknown'
),

final as (
    select * from members
    union all
    select * from unknown_member
)

select * from final
