{# Windows of time follow each other without overlap or gap. #}
{% test windows_touch(model) %}
select one.window_name
from {{ model }} as one
inner join {{ model }} as other on other.window_order = one.window_order + 1
where one.ends_before <> other.starts_on or one.starts_on >= one.ends_before
{% endtest %}
