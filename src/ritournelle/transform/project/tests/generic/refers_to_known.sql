{# Reports the rows that point at the unknown member, with the id that the source gave. #}
{% test refers_to_known(model, column_name, source_id) %}
select {{ source_id }}, count(*) as row_count
from {{ model }}
where {{ column_name }} = 'unknown'
group by {{ source_id }}
{% endtest %}
