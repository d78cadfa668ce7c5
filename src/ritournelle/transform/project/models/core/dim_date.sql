-- One row per day from 1970 to 2069. Made once: a day adds nothing.
{{ config(incremental_strategy=replacing('append')) }}

with

digits as (
    {% for digit in range(10) -%}
    select {{ digit }} as digit{{ " union all " if not loop.last }}
    {%- endfor %}
),

numbers as (
    select
        ones.digit + 10 * tens.digit + 100 * hundreds.digit + 1000 * thousands.digit + 10000 * more.digit as number
    from digits as ones
    cross join digits as tens
    cross join digits as hundreds
    cross join digits as thousands
    cross join digits as more
),

days as (
    select cast({{ dbt.dateadd('day', 'number', "cast('1970-01-01' as date)") }} as date) as date_day
    from numbers
    where number < 36525{% if only_changes() %} and 1 = 0{% endif %}
),

final as (
    select
        date_day,
        cast(extract(year from date_day) as integer) as year_number,
        cast(extract(month from date_day) as integer) as month_of_year,
        cast(extract(day from date_day) as integer) as day_of_month,
        cast({{ iso_weekday('date_day') }} as integer) as iso_weekday,
        {{ iso_weekday('date_day') }} >= 6 as is_weekend
    from days
)

select * from final
