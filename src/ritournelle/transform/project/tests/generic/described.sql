{# The texts that people read are there. #}
{% test described(model, columns, besides) %}
select * from {{ model }}
where not ({{ besides }})
    and ({% for column in columns %}{{ column }} is null{{ " or " if not loop.last }}{% endfor %})
{% endtest %}
