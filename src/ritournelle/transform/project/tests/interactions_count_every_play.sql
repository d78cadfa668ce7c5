-- Identity: the plays of the mart = the facts of living users and tracks of the current population.
with

facts as (
    select count(*) as plays
    from {{ ref('fact_listen_history') }} as facts
    inner join {{ ref('dim_users') }} as users on facts.user_key = users.user_key
    inner join {{ ref('dim_tracks') }} as tracks on facts.track_key = tracks.track_key
    where not users.is_deleted
        and not tracks.is_deleted
        and users.source_epoch = (select max(source_epoch) from {{ ref('dim_users') }})
        and tracks.source_epoch = (select max(source_epoch) from {{ ref('dim_tracks') }})
),

interactions as (
    select coalesce(sum(plays), 0) as plays
    from {{ ref('interactions') }}
),

compared as (
    select
        facts.plays as facts,
        interactions.plays as interactions
    from facts
    cross join interactions
)

select * from compared
where facts <> interactions
