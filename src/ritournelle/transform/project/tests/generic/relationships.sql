{# As dbt's own test of that name, for all foreign keys of a model at once; `changed`: see macro checked_rows. #}
{% test relationships(model, keys, changed=none) %}
{% for key in keys -%}
select '{{ key.column }}' as foreign_key, cast(child.{{ key.column }} as {{ dbt.type_string() }}) as missing
from (
    select {{ key.column }}
    from {{ model }}
    where {{ key.column }} is not null and {{ checked_rows(changed) }}
) as child
left join {{ render(key.to) }} as parent on child.{{ key.column }} = parent.{{ key.field }}
where parent.{{ key.field }} is null
{{ "union all" if not loop.last }}
{% endfor %}
{% endtest %}
