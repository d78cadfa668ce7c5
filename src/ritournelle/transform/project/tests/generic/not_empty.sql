{# A green run on an empty table is impossible. `besides` names rows that do not count, such as the unknown member. #}
{% test not_empty(model, besides=none) %}
select 'no rows' as problem
from (
    select count(*) as row_count
    from {{ model }}
    {% if besides %}where not ({{ besides }}){% endif %}
) as counted
where row_count = 0
{% endtest %}
