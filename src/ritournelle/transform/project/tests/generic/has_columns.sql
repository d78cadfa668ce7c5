{# A source has the columns that models read, of the types that they expect: a change of the loader or of a hand in the
   warehouse is named here before any model meets it. `columns`: name to kind (text, integer, moment, boolean). #}
{% test has_columns(model, columns) %}
{%- set kinds = {
    'text': ['character varying', 'varchar', 'text', 'string'],
    'integer': ['bigint', 'integer', 'int64', 'int8', 'int4', 'hugeint'],
    'moment': ['timestamp', 'datetime'],
    'boolean': ['boolean', 'bool'],
} -%}
{%- set found = {} -%}
{%- if execute -%}
    {%- for column in adapter.get_columns_in_relation(model) -%}
        {%- do found.update({column.name | lower: column.dtype | lower}) -%}
    {%- endfor -%}
{%- endif -%}
{%- set problems = [] -%}
{%- for name, kind in columns.items() -%}
    {%- if name not in found -%}
        {%- do problems.append(name ~ " is missing") -%}
    {%- else -%}
        {%- set fits = [] -%}
        {%- for known in kinds[kind] if found[name].startswith(known) -%}{%- do fits.append(known) -%}{%- endfor -%}
        {%- if not fits -%}{%- do problems.append(name ~ " is " ~ found[name] ~ ", expected " ~ kind) -%}{%- endif -%}
    {%- endif -%}
{%- endfor %}
{% for problem in problems if execute %}
select '{{ problem }}' as problem {{ "union all" if not loop.last }}
{% else %}
select 'none' as problem from (select 1 as one) as nothing where 1 = 0
{% endfor %}
{% endtest %}
