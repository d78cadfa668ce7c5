-- One row per recommendation shown whose feedback may be another one since the last good build: it is new, somebody said
-- something of it, or its track was heard. Empty on a rebuild.
with

judged as (
    select distinct recommendation_id
    from {{ ref('stg_feedback') }}
    where {{ came_after('run_number') }}
),

heard as (
    select distinct
        user_id,
        track_id,
        source_epoch
    from {{ ref('changed_listens') }}
    where is_recounted and track_id is not null
),

final as (
    select
        exposures.recommendation_id,
        exposures.exposed_on
    from {{ ref('stg_exposures') }} as exposures
    left join judged on exposures.recommendation_id = judged.recommendation_id
    left join heard
        on exposures.user_id = heard.user_id
        and exposures.track_id = heard.track_id
        and exposures.source_epoch = heard.source_epoch
    where {{ came_after('exposures.run_number') }}
        or judged.recommendation_id is not null
        or heard.user_id is not null
)

select * from final
