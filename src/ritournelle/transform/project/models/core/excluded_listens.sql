-- One row per listen that its listener has taken out of their taste: it was heard, and no model learns from it.
{{ config(materialized='table') }}

with

exclusions as (
    select * from {{ ref('taste_exclusions') }}
    where is_active
),

facts as (
    select * from {{ ref('fact_listen_history') }}
    where source_user_id in (select user_id from exclusions)
),

tracks as (
    select
        track_key,
        artist_key
    from {{ ref('dim_tracks') }}
),

matched as (
    select
        facts.listen_id,
        facts.user_id,
        facts.track_id,
        facts.source_epoch
    from facts
    inner join exclusions
        on facts.source_user_id = exclusions.user_id
        and facts.source_epoch = exclusions.source_epoch
    inner join tracks on facts.track_key = tracks.track_key
    where (exclusions.starts_at is null or facts.listened_at >= exclusions.starts_at)
        and (exclusions.ends_at is null or facts.listened_at < exclusions.ends_at)
        and (
            exclusions.kind = 'session'
            or (exclusions.kind = 'listen' and exclusions.target = facts.listen_id)
            or (
                exclusions.kind = 'track'
                and exclusions.target = cast(facts.source_track_id as {{ dbt.type_string() }})
            )
            or (
                exclusions.kind = 'artist'
                and exclusions.artist_key = tracks.artist_key
                and tracks.artist_key <> 'unknown'
            )
        )
),

final as (
    select
        listen_id,
        user_id,
        track_id,
        source_epoch,
        count(*) as exclusions
    from matched
    group by listen_id, user_id, track_id, source_epoch
)

select * from final
