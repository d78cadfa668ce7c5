{# History: each key has exactly one row that is current. #}
{% test one_current_row_per(model, columns) %}
select {{ columns | join(', ') }}, sum(case when is_current then 1 else 0 end) as current_rows
from {{ model }}
group by {{ columns | join(', ') }}
having sum(case when is_current then 1 else 0 end) <> 1
{% endtest %}
