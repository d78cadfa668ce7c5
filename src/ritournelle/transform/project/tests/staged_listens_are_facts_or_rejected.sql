-- depends_on: {{ ref('stg_listens') }} {{ ref('changed_listens') }}
-- Identity: distinct staged listens = facts + rejected; of the listens that a run has touched, or of all on a rebuild.
with

staged as (
    select count(*) as listens
    {% if flags.FULL_REFRESH -%}
    from (select distinct source_epoch, listen_id from {{ ref('stg_listens') }}) as distinct_listens
    {%- else -%}
    from {{ ref('changed_listens') }}
    where came_by_batch
    {%- endif %}
),

facts as (
    select count(*) as listens
    from {{ ref('fact_listen_history') }}
    where origin = 'batch'
        {% if not flags.FULL_REFRESH -%}
        and {{ is_of_changed_record('source_user_id') }}
        {%- endif %}
),

rejected as (
    select count(*) as listens
    from {{ ref('stg_rejected_listens') }}
    where {{ checked_rows('listens') }}
),

compared as (
    select
        staged.listens as staged,
        facts.listens as facts,
        rejected.listens as rejected
    from staged
    cross join facts
    cross join rejected
)

select * from compared
where staged <> facts + rejected
