{# The grain: no two rows share these columns, and none of them is null. `changed`: see macro checked_rows; a changed
   row is compared with all others, too. `narrow` is a column that has few changed values and is compared fast. #}
{% test one_row_per(model, columns, changed=none, narrow=none) %}
select {{ columns | join(', ') }}, count(*) as row_count
from {{ model }}
{% if changed == 'run' and 'run_number' not in columns and not flags.FULL_REFRESH -%}
where {{ shares_with_changed(model, columns, narrow) }}
{%- else -%}
where {{ checked_rows(changed) }}
{%- endif %}
group by {{ columns | join(', ') }}
having count(*) > 1 {% for column in columns %}or {{ column }} is null {% endfor %}
{% endtest %}
