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

{% macro bigquery__seconds_between(earlier, later) -%}
    timestamp_diff({{ later }}, {{ earlier }}, second)
{%- endmacro %}

{% macro redshift__seconds_between(earlier, later) -%}
    datediff(second, {{ earlier }}, {{ later }})
{%- endmacro %}

{# The "now" of marts: the latest listen that is no later than its arrival, so that one date in the future
   does not make everything else old, and a rebuild gives the same rows. #}
{% macro latest_listened_at(facts) -%}
    select coalesce(max(case when listened_at <= ingested_at then listened_at end), max(ingested_at)) as latest_listened_at
    from {{ facts }}
{%- endmacro %}
