-- One row per recommendation shown: what its listener said of it and did with it, and whether they heard the track in the
-- days after.
{{ config(meta={'replaces': 'exposure', 'owner': 'Recommendations', 'consumer': 'usefulness'}) }}

with

exposures as (
    select * from {{ ref('stg_exposures') }}
    {% if only_changes() -%}
    where {{ is_among('changed_exposures', ['recommendation_id']) }}
    {%- endif %}
),

feedback as (
    select * from {{ ref('stg_feedback') }}
    {% if only_changes() -%}
    where {{ is_among('changed_exposures', ['recommendation_id']) }}
    {%- endif %}
),

summed as (
    select
        recommendation_id,
        max(case when kind = 'useful' then given_at end) as useful_at,
        max(case when kind = 'not_useful' then given_at end) as not_useful_at,
        max(case when kind = 'play' then 1 else 0 end) as played,
        max(case when kind = 'skip' then 1 else 0 end) as skipped,
        max(case when kind = 'like' then 1 else 0 end) as liked,
        max(case when kind = 'hide' then 1 else 0 end) as hidden,
        max(given_at) as last_feedback_at
    from feedback
    group by recommendation_id
),

-- The implicit signal: of whatever origin, also if the listener excludes it from their taste.
heard as (
    select
        exposures.recommendation_id,
        min(facts.listened_at) as listened_after_at
    from exposures
    inner join {{ ref('fact_listen_history') }} as facts
        on exposures.user_id = facts.source_user_id
        and exposures.track_id = facts.source_track_id
        and exposures.source_epoch = facts.source_epoch
    where facts.listened_at >= exposures.exposed_at
        and {{ seconds_between('exposures.exposed_at', 'facts.listened_at') }} < {{ var('listened_after_days') }} * 86400
    group by exposures.recommendation_id
),

final as (
    select
        exposures.recommendation_id,
        exposures.user_id,
        exposures.track_id,
        exposures.model_version,
        exposures.surface,
        exposures.answered_by,
        exposures.source_epoch,
        exposures.rank,
        case
            when summed.useful_at is null and summed.not_useful_at is null then cast(null as boolean)
            when summed.not_useful_at is null then true
            when summed.useful_at is null then false
            else summed.useful_at > summed.not_useful_at
        end as is_useful,
        coalesce(summed.played, 0) = 1 as is_played,
        coalesce(summed.skipped, 0) = 1 as is_skipped,
        coalesce(summed.liked, 0) = 1 as is_liked,
        coalesce(summed.hidden, 0) = 1 as is_hidden,
        heard.listened_after_at is not null as is_listened_after,
        exposures.exposed_at,
        summed.last_feedback_at,
        heard.listened_after_at,
        exposures.exposed_on
    from exposures
    left join summed on exposures.recommendation_id = summed.recommendation_id
    left join heard on exposures.recommendation_id = heard.recommendation_id
)

select * from final
