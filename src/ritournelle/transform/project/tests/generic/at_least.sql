{# Numbers are there and not below a bound. #}
{% test at_least(model, column_name, bound) %}
select * from {{ model }}
where {{ column_name }} is null or {{ column_name }} < {{ bound }}
{% endtest %}
