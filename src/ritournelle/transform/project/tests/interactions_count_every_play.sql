-- Identity: the plays of the mart = the facts of living users and tracks of the current population, less what their
-- listeners have excluded; of the pairs that a
-- run has touched, or of all on a rebuild.
with

users as (
    select * from {{ ref('dim_users') }}
    {% if not flags.FULL_REFRESH -%}
    where user_id in (select user_id from {{ ref('changed_pairs') }})
    {%- endif %}
),

tracks as (
    select * from {{ ref('dim_tracks') }}
),

checked as (
    select
        user_key,
        track_key
    from {{ ref('fact_listen_history') }} as facts
    where {{ checked_rows('pairs') }}
        and not exists (
            select excluded.listen_id
            from {{ ref('excluded_listens') }} as excluded
            where excluded.source_epoch = facts.source_epoch and excluded.listen_id = facts.listen_id
        )
),

facts as (
    select count(*) as plays
    from checked
    inner join users on checked.user_key = users.user_key
    inner join tracks on checked.track_key = tracks.track_key
    where not users.is_deleted
        and not tracks.is_deleted
        and users.source_epoch = (select max(source_epoch) from {{ ref('dim_users') }})
        and tracks.source_epoch = (select max(source_epoch) from {{ ref('dim_tracks') }})
),

interactions as (
    select coalesce(sum(plays), 0) as plays
    from {{ ref('interactions') }}
    where {{ checked_rows('pairs') }}
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
