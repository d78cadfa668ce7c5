{# History: the versions of a key follow each other without overlap or gap, and only the last one is open. #}
{% test periods_touch(model, columns) %}
with

periods as (
    select
        {{ columns | join(', ') }},
        version,
        valid_from,
        valid_to,
        lead(valid_from) over (partition by {{ columns | join(', ') }} order by version) as next_valid_from,
        lead(version) over (partition by {{ columns | join(', ') }} order by version) as next_version
    from {{ model }}
)

select * from periods
where valid_to < valid_from
    or (next_version is null and valid_to is not null)
    or (next_version is not null and (valid_to is null or valid_to <> next_valid_from or next_version <> version + 1))
{% endtest %}
