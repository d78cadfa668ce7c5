{# One instant is not later than another; a null says nothing. #}
{% test in_order(model, earlier, later) %}
select * from {{ model }}
where {{ earlier }} > {{ later }}
{% endtest %}
