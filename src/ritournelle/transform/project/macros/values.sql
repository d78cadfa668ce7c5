{# Values: how texts, durations and keys of the source become columns. #}

{# Text without blanks around it; nothing left means null. #}
{% macro clean_text(column) -%}
    nullif(trim({{ column }}), '')
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

{# The share of its weight that a listen keeps after some seconds: exact decimals, so that sums do not depend on the
   order of rows; never zero, so that every listen counts. #}
{% macro decayed_weight(age_seconds) -%}
    {{ return(adapter.dispatch('decayed_weight', 'ritournelle')(age_seconds)) }}
{%- endmacro %}

{% macro default__decayed_weight(age_seconds) -%}
    greatest(
        cast(power(cast(0.5 as {{ type_double() }}), {{ _half_lives(age_seconds) }}) as decimal(18, 12)),
        cast(0.000000000001 as decimal(18, 12))
    )
{%- endmacro %}

{% macro bigquery__decayed_weight(age_seconds) -%}
    greatest(
        cast(round(power(0.5, {{ _half_lives(age_seconds) }}), 12) as bignumeric),
        bignumeric '0.000000000001'
    )
{%- endmacro %}

{# Half-lives in an age; an age below zero (a listen in the future) counts as none, one beyond 1,000 as 1,000:
   an underflow is an error on PostgreSQL. #}
{% macro _half_lives(age_seconds) -%}
    least(greatest({{ age_seconds }}, 0) / ({{ var("half_life_days") }} * 86400.0), 1000)
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
