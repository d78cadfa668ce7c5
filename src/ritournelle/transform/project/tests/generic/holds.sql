{# Conditions that every row keeps; a null says nothing. One scan for all of them; the failures are the broken rows. #}
{% test holds(model, conditions, changed=none) %}
{{ config(fail_calc='coalesce(sum(row_count), 0)') }}
with

counted as (
    select
        {% for name, condition in conditions.items() -%}
        count(case when not ({{ condition }}) then 1 end) as broken_{{ loop.index }}{{ "," if not loop.last }}
        {% endfor %}
    from {{ model }}
    where {{ checked_rows(changed) }}
)

{% for name in conditions -%}
select '{{ name | replace("'", "") }}' as broken_condition, broken_{{ loop.index }} as row_count
from counted
where broken_{{ loop.index }} > 0
{{ "union all" if not loop.last }}
{% endfor %}
{% endtest %}
