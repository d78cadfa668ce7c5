{# Values: how texts, durations and keys of the source become columns. #}

{# Text without blanks around it; nothing left means null. #}
{% macro clean_text(column) -%}
    {{ return(adapter.dispatch('clean_text', 'ritournelle')(column)) }}
{%- endmacro %}

{% macro default__clean_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}

{# Blanks alone: without that, every space of Unicode would go, the non-breaking one too, which PostgreSQL keeps. #}
{% macro duckdb__clean_text(column) -%}
    nullif(trim({{ column }}, ' '), '')
{%- endmacro %}

{# Blanks alone: without that, every white space would go. #}
{% macro bigquery__clean_text(column) -%}
    nullif(trim({{ column }}, ' '), '')
{%- endmacro %}

{# "MM:SS" as seconds; minutes may be any number. The contract has validated the form. #}
{% macro duration_in_seconds(column) -%}
    (
        cast({{ dbt.split_part(column, "':'", 1) }} as {{ dbt.type_bigint() }}) * 60
        + cast({{ dbt.split_part(column, "':'", 2) }} as {{ dbt.type_bigint() }})
    )
{%- endmacro %}

{# The key of a user or track: the same id in two source epochs is two people or two tracks. #}
{% macro entity_key(source_epoch, entity_id) -%}
    cast({{ source_epoch }} as {{ dbt.type_string() }}) || ':' || cast({{ entity_id }} as {{ dbt.type_string() }})
{%- endmacro %}

{# What a listen weighs after some seconds, in millionths of a millionth: whole numbers, so that sums depend neither on
   the order of rows nor on how an engine rounds decimals (PostgreSQL's cast from a float keeps 15 digits, DuckDB's all);
   never zero, so that every listen counts. #}
{% macro decayed_weight(age_seconds) -%}
    greatest(
        cast(floor(power(cast(0.5 as {{ type_double() }}), {{ _half_lives(age_seconds) }}) * 1000000000000) as {{ dbt.type_bigint() }}),
        1
    )
{%- endmacro %}

{# A sum of such weights as a number around 1. #}
{% macro weight_of(millionths) -%}
    cast({{ millionths }} as {{ type_double() }}) / cast(1000000000000 as {{ type_double() }})
{%- endmacro %}

{# A weight back in those whole numbers, for adding weights up. #}
{% macro millionths_of(weight) -%}
    cast(round({{ weight }} * 1000000000000) as {{ dbt.type_bigint() }})
{%- endmacro %}

{# Half-lives in an age; an age below zero (a listen in the future) counts as none, one beyond 1,000 as 1,000:
   an underflow is an error on PostgreSQL. #}
{% macro _half_lives(age_seconds) -%}
    least(
        cast(greatest({{ age_seconds }}, 0) as {{ type_double() }}) / cast({{ var("half_life_days") }} * 86400.0 as {{ type_double() }}),
        cast(1000 as {{ type_double() }})
    )
{%- endmacro %}

{# The type of a 64-bit float; dbt's own `type_float` is 32 bits wide on DuckDB. #}
{% macro type_double() -%}
    {{ return(adapter.dispatch('type_double', 'ritournelle')()) }}
{%- endmacro %}

{% macro default__type_double() -%}
    double precision
{%- endmacro %}

{% macro bigquery__type_double() -%}
    float64
{%- endmacro %}

{# One sum of weights as a share of another; null where there is none. #}
{% macro share_of(part, whole) -%}
    cast({{ part }} as {{ type_double() }}) / cast({{ whole }} as {{ type_double() }})
{%- endmacro %}

{# A text for `order by`, by its bytes: the order of a locale would differ between engines. #}
{% macro binary_order(column) -%}
    {{ return(adapter.dispatch('binary_order', 'ritournelle')(column)) }}
{%- endmacro %}

{% macro default__binary_order(column) -%}
    {{ column }}
{%- endmacro %}

{% macro postgres__binary_order(column) -%}
    {{ column }} collate "C"
{%- endmacro %}

{# Redshift compares by bytes, and dbt would take PostgreSQL's. #}
{% macro redshift__binary_order(column) -%}
    {{ column }}
{%- endmacro %}
