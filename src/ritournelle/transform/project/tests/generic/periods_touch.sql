{# History: the versions of a key count from 1 and follow each other without overlap or gap; the last one, and only that,
   is open and current. Looks at the keys that a run has changed; `narrow`: see one_row_per. #}
{% test periods_touch(model, columns, narrow=none) %}
with

versions as (
    select * from {{ model }}
    {% if not flags.FULL_REFRESH -%}
    where {{ shares_with_changed(model, columns, narrow) }}
    {%- endif %}
),

periods as (
    select
        {{ columns | join(', ') }},
        version,
        is_current,
        valid_from,
        valid_to,
        row_number() over (partition by {{ columns | join(', ') }} order by version) as place,
        lead(valid_from) over (partition by {{ columns | join(', ') }} order by version) as next_valid_from
    from versions
)

select * from periods
where version <> place
    or valid_to < valid_from
    or is_current <> (next_valid_from is null)
    or (next_valid_from is null and valid_to is not null)
    or (next_valid_from is not null and (valid_to is null or valid_to <> next_valid_from))
{% endtest %}
