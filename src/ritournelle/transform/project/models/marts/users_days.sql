-- One row per UTC day on which a known user listened: how many of them, new and returning.
{{ config(meta={'replaces': 'day'}) }}

with

-- Large tables are named where they are read: engines write out a CTE that is read twice.
active as (
    select distinct
        user_key,
        listened_on
    from {{ ref('fact_listen_history') }}
    where user_key <> 'unknown'
        {% if only_changes() -%}
        and {{ is_among('changed_days', ['listened_on']) }}
        {%- endif %}
),

first_days as (
    select
        user_key,
        min(listened_on) as first_listened_on
    from {{ ref('fact_listen_history') }}
    where user_key <> 'unknown'
        {% if only_changes() -%}
        and user_key in (select user_key from active)
        {%- endif %}
    group by user_key
),

plays as (
    select
        listened_on,
        count(*) as plays
    from {{ ref('fact_listen_history') }}
    where user_key <> 'unknown'
        {% if only_changes() -%}
        and {{ is_among('changed_days', ['listened_on']) }}
        {%- endif %}
    group by listened_on
),

counted as (
    select
        active.listened_on,
        count(*) as active_listeners,
        count(case when active.listened_on = first_days.first_listened_on then 1 end) as new_listeners,
        count(case when active.listened_on > first_days.first_listened_on then 1 end) as returning_listeners
    from active
    inner join first_days on active.user_key = first_days.user_key
    group by active.listened_on
),

final as (
    select
        counted.listened_on,
        counted.active_listeners,
        counted.new_listeners,
        counted.returning_listeners,
        plays.plays,
        cast(plays.plays as {{ type_double() }})
        / cast(counted.active_listeners as {{ type_double() }}) as plays_per_listener
    from counted
    inner join plays on counted.listened_on = plays.listened_on
)

select * from final
