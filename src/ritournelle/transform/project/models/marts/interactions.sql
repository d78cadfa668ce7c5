-- One row per user × track of the current population: what the recommenders learn from.
{{ config(meta={'replaces': 'pair'}) }}

with

-- Listens of an epoch speak of the latest users and tracks up to it, so these are all of the current population: ids are
-- enough, and to read and compare both keys would cost half of this model.
facts as (
    select
        user_id,
        track_id,
        listened_at
    from {{ ref('fact_listen_history') }}
    where source_epoch >= (select max(source_epoch) from {{ ref('dim_users') }})
        and source_epoch >= (select max(source_epoch) from {{ ref('dim_tracks') }})
        and user_id not in (select user_id from {{ ref('excluded_listens') }})
        {% if only_changes() -%}
        and {{ is_changed_pair() }}
        {%- endif %}
    union all
    -- Apart: only of those few who exclude something, listens are looked at by their 32 letters.
    select
        user_id,
        track_id,
        listened_at
    from {{ ref('fact_listen_history') }} as facts
    where source_epoch >= (select max(source_epoch) from {{ ref('dim_users') }})
        and source_epoch >= (select max(source_epoch) from {{ ref('dim_tracks') }})
        and user_id in (select user_id from {{ ref('excluded_listens') }})
        and not exists (
            select excluded.listen_id
            from {{ ref('excluded_listens') }} as excluded
            where excluded.source_epoch = facts.source_epoch and excluded.listen_id = facts.listen_id
        )
        {% if only_changes() -%}
        and {{ is_changed_pair() }}
        {%- endif %}
),

users as (
    select * from {{ ref('dim_users') }}
),

tracks as (
    select * from {{ ref('dim_tracks') }}
),

reference as (
    select * from {{ ref('latest_listen') }}
),

-- The unknown member is no one: its `is_deleted` is null.
living_users as (
    select * from users
    where not is_deleted and source_epoch = (select max(source_epoch) from {{ ref('dim_users') }})
),

living_tracks as (
    select * from tracks
    where not is_deleted and source_epoch = (select max(source_epoch) from {{ ref('dim_tracks') }})
),

-- A listen that vanished from its record was heard all the same.
weighed as (
    select
        facts.user_id,
        facts.track_id,
        facts.listened_at,
        reference.weighed_at,
        {{ decayed_weight(seconds_between('facts.listened_at', 'reference.weighed_at')) }} as weight
    from facts
    inner join living_users on facts.user_id = living_users.user_id
    inner join living_tracks on facts.track_id = living_tracks.track_id
    cross join reference
),

final as (
    select
        user_id,
        track_id,
        count(*) as plays,
        {{ weight_of('sum(weight)') }} as weight,
        min(listened_at) as first_listened_at,
        max(listened_at) as last_listened_at,
        max(weighed_at) as weighed_at
    from weighed
    group by user_id, track_id
)

select * from final
