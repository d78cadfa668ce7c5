{# Identity: every active listener is new or returning, and plays at least once. #}
{% test active_is_new_or_returning(model) %}
select * from {{ model }}
where active_listeners <> new_listeners + returning_listeners or plays < active_listeners
{% endtest %}
