{# Incremental builds: which rows a day has to look at again. The one number behind it is `after_run`: the last run whose
   changes every model has seen (-1: rebuild everything). A build is given the number, so that engines can skip what lies
   before it; who runs dbt by hand, or only compiles, gets a subquery on `ops.transform_scope`. It comes by environment
   variables, which are read when a model runs: as `--vars` it would cost a full parse each day. #}

{# Whether this build may look at changes only. `compile_incremental` says which form is to be shown, so that nothing
   asks the warehouse; while dbt parses (`not execute`) it is true, so that dbt sees what that form refers to. #}
{% macro only_changes() -%}
    {%- set asked_for = var('compile_incremental', none) -%}
    {{ return(not execute or (is_incremental() if asked_for is none else asked_for)) }}
{%- endmacro %}

{# Number of the last run that all models have seen. #}
{% macro after_run() -%}
    {{ _of_scope('after_run') }}
{%- endmacro %}

{# Number of the last run whose raw rows staging keeps as they are: where raw was compacted, only staging has them. #}
{% macro staged_after() -%}
    {{ _of_scope('staged_after') }}
{%- endmacro %}

{% macro _of_scope(column) -%}
    {%- set known = env_var('RITOURNELLE_TRANSFORM_' ~ column | upper, '') if execute else '' -%}
    {{ known or '(select max(' ~ column ~ ') from ' ~ source('ops', 'transform_scope') ~ ')' }}
{%- endmacro %}

{# Whether a row came after that run. On a rebuild none did: nothing asks for changes then. #}
{% macro came_after(run_number) -%}
    ({{ run_number }} > {{ after_run() }} and {{ after_run() }} >= 0)
{%- endmacro %}

{# Incremental strategy: the rows that `meta.replaces` names leave the table, also where nothing comes in their place. #}
{% macro get_incremental_replace_changed_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arguments['target_relation'] }}
    where {{ replaced_rows(config.get('meta', {}).get('replaces')) }};

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
{%- endmacro %}

{# Incremental strategy: what comes takes the place of all rows of the same listen records. By numbers, the user first:
   one is compared ten times as fast as a listen's 32 letters; `meta.user` names that column. #}
{% macro get_incremental_replace_found_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set user = config.get('meta')['user'] -%}
    delete from {{ arguments['target_relation'] }}
    where {{ user }} in (select {{ user }} from {{ arguments['temp_relation'] }})
        and ({{ user }}, source_epoch, source_record_at) in (
            select {{ user }}, source_epoch, source_record_at from {{ arguments['temp_relation'] }}
        );

    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }}
{%- endmacro %}

{# A strategy of this project, where the engine takes one: BigQuery makes all tables anew. #}
{% macro replacing(strategy) -%}
    {{ return(none if target.type == 'bigquery' else strategy) }}
{%- endmacro %}

{# The condition behind each word that `meta.replaces` may be. #}
{% macro replaced_rows(kind) -%}
    {%- if kind == 'run' -%} run_number > {{ staged_after() }}
    {%- elif kind == 'listen' -%} {{ is_among('changed_listens', ['source_epoch', 'listen_id']) }}
    {%- elif kind == 'pair' -%} {{ is_changed_pair() }}
    {%- elif kind == 'listener' -%} {{ is_among('changed_listeners', ['user_id']) }}
    {%- elif kind == 'track' -%} track_key in (
        select track_key from {{ ref('tracks_hist') }} where {{ came_after('run_number') }}
    )
    {%- elif kind == 'exposure' -%} {{ is_among('changed_exposures', ['recommendation_id']) }}
    {%- elif kind == 'exposed day' -%} {{ is_among('changed_exposures', ['exposed_on']) }}
    {%- elif kind == 'day' -%} {{ is_among('changed_days', ['listened_on']) }}
    {%- else -%} {{ exceptions.raise_compiler_error("meta.replaces: unknown kind '" ~ kind ~ "'") }}
    {%- endif -%}
{%- endmacro %}

{# Whether these columns of a row are a key in a table of changes. #}
{% macro is_among(changes, columns) -%}
    ({{ columns | join(', ') }}) in (select {{ columns | join(', ') }} from {{ ref(changes) }})
{%- endmacro %}

{# Whether a listen of staging, history or star is of a record in `changed_listens`; by user first, as above. #}
{% macro is_of_changed_record(user='user_id') -%}
    {{ user }} in (select user_id from {{ ref('changed_listens') }})
    and ({{ user }}, source_epoch, source_record_at) in (
        select user_id, source_epoch, source_record_at from {{ ref('changed_listens') }}
    )
{%- endmacro %}

{# Whether a pair stands in `changed_pairs`; by user first, as above. #}
{% macro is_changed_pair() -%}
    user_id in (select user_id from {{ ref('changed_pairs') }})
    and {{ is_among('changed_pairs', ['user_id', 'track_id']) }}
{%- endmacro %}

{# Weights count from one moment, which moves once per half-life: whether it has since the last good build. Then every
   weighed row is another one. #}
{% macro weights_count_anew() -%}
    (
        {{ after_run() }} >= 0
        and (select max(weighed_at) from {{ source('ops', 'transform_scope') }})
        <> (select max(weighed_at) from {{ ref('latest_listen') }})
    )
{%- endmacro %}

{# Every listen that was met, for `from`; one that came by batch and by stream is there twice. Large tables are named where
   they are read: engines write out a CTE that is read twice. #}
{% macro known_listens() -%}
    (
        select listen_id, user_id, track_id, source_epoch, source_record_at, 1 as by_batch
        from {{ ref('listen_history_hist') }}
        where is_current
        union all
        select listen_id, user_id, track_id, source_epoch, source_record_at, 0 as by_batch
        from {{ ref('stg_listen_events') }}
    ) as known_listens
{%- endmacro %}
