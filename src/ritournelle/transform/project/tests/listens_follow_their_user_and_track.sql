-- Listens that are older than their user or their track. The app does this (Q7): reported, not rejected.
-- Of the listens that a run has brought or moved, or of all on a rebuild.
{{ config(severity='warn') }}

with

facts as (
    select * from {{ ref('fact_listen_history') }}
    where {{ checked_rows('run') }}
),

users as (
    select * from {{ ref('dim_users') }}
),

tracks as (
    select * from {{ ref('dim_tracks') }}
),

early as (
    select
        facts.listen_id,
        facts.listened_at,
        users.source_created_at as user_created_at,
        tracks.source_created_at as track_created_at
    from facts
    inner join users on facts.user_key = users.user_key
    inner join tracks on facts.track_key = tracks.track_key
    where facts.listened_at < users.source_created_at or facts.listened_at < tracks.source_created_at
)

select * from early
