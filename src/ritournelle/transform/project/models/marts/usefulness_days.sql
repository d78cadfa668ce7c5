-- One row per UTC day × model version × surface on which recommendations were shown: how many listeners, of all who saw
-- some, found one useful.
{{ config(meta={'replaces': 'exposed day', 'owner': 'Recommendations', 'consumer': 'usefulness'}) }}

with

shown as (
    select * from {{ ref('recommendation_feedback') }}
    {% if only_changes() -%}
    where {{ is_among('changed_exposures', ['exposed_on']) }}
    {%- endif %}
),

counted as (
    select
        exposed_on,
        model_version,
        surface,
        count(*) as exposures,
        count(distinct user_id) as users_exposed,
        count(distinct case when is_useful is not null then user_id end) as users_judged,
        count(distinct case when is_useful then user_id end) as users_useful,
        count(case when is_useful then 1 end) as useful,
        count(case when not is_useful then 1 end) as not_useful,
        count(case when is_played then 1 end) as plays,
        count(case when is_skipped then 1 end) as skips,
        count(case when is_liked then 1 end) as likes,
        count(case when is_hidden then 1 end) as hides,
        count(case when is_listened_after then 1 end) as listened_after
    from shown
    group by exposed_on, model_version, surface
),

final as (
    select
        *,
        {{ share_of('users_useful', 'users_exposed') }} as usefulness_rate,
        {{ share_of('listened_after', 'exposures') }} as listened_after_rate
    from counted
)

select * from final
