{# Data tests look at what a run has changed: on a day of 1 % changes, tests of the whole tables would cost as much as
   building them. A rebuild (`--full-refresh`) checks every row. #}

{# Condition on the rows that a test looks at. `changed` says how the changed ones are told:
   'run' by run_number, else by the name of a table of changes and its key. #}
{% macro checked_rows(changed) -%}
    {%- if flags.FULL_REFRESH or not changed -%} 1 = 1
    {%- elif changed == 'run' -%} run_number > {{ after_run() }}
    {%- elif changed == 'pairs' -%} {{ is_changed_pair() }}
    {%- else -%} {{ is_among('changed_' ~ changed, {
        'listens': ['source_epoch', 'listen_id'],
        'listeners': ['user_id'],
        'exposures': ['recommendation_id'],
    }[changed]) }}
    {%- endif %}
{%- endmacro %}

{# Condition on the rows that share these columns with a row of the last runs. `narrow`: all rows are looked at that share
   this one number; that is cheaper than to compare letters, and more rows are looked at, never fewer. #}
{% macro shares_with_changed(model, columns, narrow) -%}
    {%- set shared = narrow or columns | join(', ') -%}
    ({{ shared }}) in (select {{ shared }} from {{ model }} where {{ checked_rows('run') }})
{%- endmacro %}
