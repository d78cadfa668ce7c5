{# Reports the rows that point at the unknown member, with the id that the source gave. #}
{% test refers_to_known(model, keys) %}
{% for key in keys -%}
select '{{ key.column }}' as foreign_key, {{ key.source_id }} as source_id, count(*) as row_count
from {{ model }}
where {{ key.column }} = 'unknown'
group by {{ key.source_id }}
{{ "union all" if not loop.last }}
{% endfor %}
{% endtest %}
