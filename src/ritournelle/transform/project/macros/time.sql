{# Instants: every `*_at` of the warehouse carries a zone and means UTC. #}

{# A naive datetime of the source as an instant. #}
{% macro to_utc(column) -%}
    {{ return(adapter.dispatch('to_utc', 'ritournelle')(column)) }}
{%- endmacro %}

{% macro default__to_utc(column) -%}
    ({{ column }} at time zone '{{ var("source_time_zone") }}')
{%- endmacro %}

{% macro bigquery__to_utc(column) -%}
    timestamp({{ column }}, '{{ var("source_time_zone") }}')
{%- endmacro %}

{# The type of an instant. #}
{% macro type_instant() -%}
    {{ return(adapter.dispatch('type_instant', 'ritournelle')()) }}
{%- endmacro %}

{% macro default__type_instant() -%}
    timestamptz
{%- endmacro %}

{% macro bigquery__type_instant() -%}
    timestamp
{%- endmacro %}

{# Whole seconds from one instant to a later one. #}
{% macro seconds_between(earlier, later) -%}
    {{ return(adapter.dispatch('seconds_between', 'ritournelle')(earlier, later)) }}
{%- endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    cast(floor(extract(epoch from ({{ later }} - {{ earlier }}))) as bigint)
{%- endmacro %}

{# Subtracting instants with a zone goes through its calendar: 8 s for 2 million rows instead of 0.02 s. #}
{% macro duckdb__seconds_between(earlier, later) -%}
    ((epoch_us({{ later }}) - epoch_us({{ earlier }})) // 1000000)
{%- endmacro %}

{# `timestamp_diff` and `datediff` of seconds do not round down: one cuts off, the other counts full seconds passed. #}
{% macro bigquery__seconds_between(earlier, later) -%}
    cast(floor(timestamp_diff({{ later }}, {{ earlier }}, microsecond) / 1000000) as int64)
{%- endmacro %}

{% macro redshift__seconds_between(earlier, later) -%}
    cast(floor(datediff(microsecond, {{ earlier }}, {{ later }}) / 1000000.0) as bigint)
{%- endmacro %}

{# The UTC date of an instant. #}
{% macro utc_date(instant) -%}
    {{ return(adapter.dispatch('utc_date', 'ritournelle')(instant)) }}
{%- endmacro %}

{% macro default__utc_date(instant) -%}
    cast(({{ instant }} at time zone 'UTC') as date)
{%- endmacro %}

{# As above: the calendar of the zone costs 20 times as much. #}
{% macro duckdb__utc_date(instant) -%}
    cast(make_timestamp(epoch_us({{ instant }})) as date)
{%- endmacro %}

{% macro bigquery__utc_date(instant) -%}
    date({{ instant }}, 'UTC')
{%- endmacro %}

{# Seconds since 1970 as a 64-bit float, for arithmetic that is the same on every engine. #}
{% macro seconds_since_1970(instant) -%}
    {{ return(adapter.dispatch('seconds_since_1970', 'ritournelle')(instant)) }}
{%- endmacro %}

{% macro default__seconds_since_1970(instant) -%}
    cast(extract(epoch from {{ instant }}) as {{ type_double() }})
{%- endmacro %}

{% macro duckdb__seconds_since_1970(instant) -%}
    (epoch_us({{ instant }}) / 1000000.0::double)
{%- endmacro %}

{# `extract(epoch …)` is a whole number there. #}
{% macro redshift__seconds_since_1970(instant) -%}
    (cast(datediff(microsecond, cast('epoch' as timestamptz), {{ instant }}) as double precision) / 1000000.0)
{%- endmacro %}

{% macro bigquery__seconds_since_1970(instant) -%}
    (unix_micros({{ instant }}) / 1000000.0)
{%- endmacro %}

{# The instant that lies so many seconds after 1970. #}
{% macro instant_of_seconds(seconds) -%}
    {{ return(adapter.dispatch('instant_of_seconds', 'ritournelle')(seconds)) }}
{%- endmacro %}

{% macro default__instant_of_seconds(seconds) -%}
    to_timestamp(cast({{ seconds }} as {{ type_double() }}))
{%- endmacro %}

{% macro duckdb__instant_of_seconds(seconds) -%}
    make_timestamptz(cast(round(({{ seconds }}) * 1000000.0) as bigint))
{%- endmacro %}

{% macro bigquery__instant_of_seconds(seconds) -%}
    timestamp_micros(cast(round(({{ seconds }}) * 1000000) as int64))
{%- endmacro %}

{% macro redshift__instant_of_seconds(seconds) -%}
    (timestamptz 'epoch' + cast(round(({{ seconds }}) * 1000000) as bigint) * interval '1 microsecond')
{%- endmacro %}

{# Monday 1 … Sunday 7. #}
{% macro iso_weekday(day) -%}
    {{ return(adapter.dispatch('iso_weekday', 'ritournelle')(day)) }}
{%- endmacro %}

{% macro default__iso_weekday(day) -%}
    extract(isodow from {{ day }})
{%- endmacro %}

{# Sunday is 1 there. #}
{% macro bigquery__iso_weekday(day) -%}
    (mod(extract(dayofweek from {{ day }}) + 5, 7) + 1)
{%- endmacro %}

{# Sunday is 0 there. #}
{% macro redshift__iso_weekday(day) -%}
    (mod(cast(extract(dow from {{ day }}) as integer) + 6, 7) + 1)
{%- endmacro %}
