-- Identity: recommendations shown = rows of the mart.
with

shown as (
    select count(*) as recommendations from {{ ref('stg_exposures') }}
),

answered as (
    select count(*) as recommendations from {{ ref('recommendation_feedback') }}
),

compared as (
    select
        shown.recommendations as shown,
        answered.recommendations as answered
    from shown
    cross join answered
)

select * from compared
where shown <> answered
