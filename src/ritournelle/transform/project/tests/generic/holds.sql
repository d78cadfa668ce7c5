{# Conditions that every row keeps; a null says nothing. One scan for all of them. The failures are the rows that break any
   of them: a row that breaks two is one row. #}
{% test holds(model, conditions, changed=none) %}
{{ config(fail_calc='coalesce(max(broken_rows), 0)') }}
with

counted as (
    select
        {% for name, condition in conditions.items() -%}
        count(case when not ({{ condition }}) then 1 end) as broken_{{ loop.index }},
        {% endfor -%}
        count(case when {% for condition in conditions.values() %}not ({{ condition }}){{ " or " if not loop.last }}{% endfor %} then 1 end) as broken_rows
    from {{ model }}
    where {{ checked_rows(changed) }}
)

{% for name in conditions -%}
select '{{ name | replace("'", "") }}' as broken_condition, broken_{{ loop.index }} as row_count, broken_rows
from counted
where broken_{{ loop.index }} > 0
{{ "union all" if not loop.last }}
{% endfor %}
{% endtest %}
