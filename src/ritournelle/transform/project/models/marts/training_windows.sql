-- One row per window of time that training and evaluation use: train, then validation, then test, a week each for the
-- last two; whole UTC days, the end left out.
{{ config(materialized='table') }}

with

ends as (
    select cast({{ dbt.dateadd('day', 1, utc_date('latest_listened_at')) }} as date) as last_day
    from {{ ref('latest_listen') }}
),

windows as (
    select
        'train' as window_name,
        1 as window_order,
        cast('1970-01-01' as date) as starts_on,
        cast({{ dbt.dateadd('day', -14, 'last_day') }} as date) as ends_before
    from ends
    union all
    select
        'validation' as window_name,
        2 as window_order,
        cast({{ dbt.dateadd('day', -14, 'last_day') }} as date) as starts_on,
        cast({{ dbt.dateadd('day', -7, 'last_day') }} as date) as ends_before
    from ends
    union all
    select
        'test' as window_name,
        3 as window_order,
        cast({{ dbt.dateadd('day', -7, 'last_day') }} as date) as starts_on,
        last_day as ends_before
    from ends
),

days as (
    select
        listened_on,
        plays - plays_of_unknown as plays
    from {{ ref('listening_days') }}
),

final as (
    select
        windows.window_name,
        windows.window_order,
        cast(coalesce(sum(days.plays), 0) as {{ dbt.type_bigint() }}) as plays,
        windows.starts_on,
        windows.ends_before
    from windows
    left join days on days.listened_on >= windows.starts_on and days.listened_on < windows.ends_before
    group by windows.window_name, windows.window_order, windows.starts_on, windows.ends_before
)

select * from final
