{# Artists and genres are texts at the source: what makes two of them one. #}

{# Lower case for A–Z alone: engines and their locales disagree on all other letters. #}
{% macro ascii_lower(column) -%}
    translate({{ column }}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
{%- endmacro %}

{# Key in dim_artists: 'unknown' without a name. #}
{% macro artist_key(artist) -%}
    coalesce({{ md5_text(ascii_lower(artist)) }}, 'unknown')
{%- endmacro %}

{# MD5 of a text as 32 hexadecimal digits. #}
{% macro md5_text(column) -%}
    {{ return(adapter.dispatch('md5_text', 'ritournelle')(column)) }}
{%- endmacro %}

{% macro default__md5_text(column) -%}
    md5({{ column }})
{%- endmacro %}

{% macro bigquery__md5_text(column) -%}
    to_hex(md5({{ column }}))
{%- endmacro %}

{# One row per word of a text that separates them by comma, semicolon, slash or bar; `key` comes along. #}
{% macro split_words(relation, key, column) -%}
    {{ return(adapter.dispatch('split_words', 'ritournelle')(relation, key, column)) }}
{%- endmacro %}

{% macro _with_commas(column) -%}
    translate({{ column }}, ';/|', ',,,')
{%- endmacro %}

{% macro default__split_words(relation, key, column) -%}
    select
        {{ key }},
        unnest(string_to_array({{ ritournelle._with_commas(column) }}, ',')) as word
    from {{ relation }}
{%- endmacro %}

{% macro bigquery__split_words(relation, key, column) -%}
    select
        {{ key }},
        word
    from {{ relation }}
    cross join unnest(split({{ ritournelle._with_commas(column) }}, ',')) as word
{%- endmacro %}

{% macro redshift__split_words(relation, key, column) -%}
    select
        with_words.{{ key }},
        cast(word as varchar) as word
    from (
        select {{ key }}, split_to_array({{ ritournelle._with_commas(column) }}, ',') as words
        from {{ relation }}
    ) as with_words, with_words.words as word
{%- endmacro %}
