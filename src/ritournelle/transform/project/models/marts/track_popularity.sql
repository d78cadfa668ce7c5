-- One row per living track of the current population, also those that nobody has played.
{{ config(materialized='table') }}

with

-- An epoch's listens speak of the latest tracks up to it, so these are all of the current population: ids are enough, and
-- counting by number takes a third of counting by key.
facts as (
    select * from {{ ref('fact_listen_history') }}
    where source_epoch >= (select max(source_epoch) from {{ ref('dim_tracks') }})
),

tracks as (
    select * from {{ ref('dim_tracks') }}
),

reference as (
    select * from {{ ref('latest_listen') }}
),

living_tracks as (
    select * from tracks
    where not is_deleted and source_epoch = (select max(source_epoch) from {{ ref('dim_tracks') }})
),

aged as (
    select
        facts.track_id,
        {{ seconds_between('facts.listened_at', 'reference.latest_listened_at') }} as age_seconds
    from facts
    cross join reference
),

counted as (
    select
        track_id,
        count(case when age_seconds < 7 * 86400 then 1 end) as plays_7_days,
        count(case when age_seconds < 28 * 86400 then 1 end) as plays_28_days,
        count(case when age_seconds < 365 * 86400 then 1 end) as plays_365_days,
        count(*) as plays_total
    from aged
    group by track_id
),

-- Counted there already: distinct listeners cost as much as all the rest.
profiles as (
    select
        track_id,
        listeners
    from {{ ref('track_profiles') }}
),

completed as (
    select
        living_tracks.track_id,
        coalesce(counted.plays_7_days, 0) as plays_7_days,
        coalesce(counted.plays_28_days, 0) as plays_28_days,
        coalesce(counted.plays_365_days, 0) as plays_365_days,
        coalesce(counted.plays_total, 0) as plays_total,
        profiles.listeners
    from living_tracks
    inner join profiles on living_tracks.track_id = profiles.track_id
    left join counted on living_tracks.track_id = counted.track_id
),

-- The nearest window decides, the longer ones break its ties, the id breaks the rest.
ranked as (
    select
        *,
        row_number() over (
            order by plays_28_days desc, plays_365_days desc, plays_total desc, track_id
        ) as popularity_rank
    from completed
)

select * from ranked
