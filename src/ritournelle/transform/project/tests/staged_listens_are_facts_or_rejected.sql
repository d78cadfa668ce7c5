-- Identity: distinct staged listens = facts + rejected.
with

staged as (
    select count(*) as listens
    from (select distinct source_epoch, listen_id from {{ ref('stg_listens') }}) as distinct_listens
),

facts as (
    select count(*) as listens
    from {{ ref('fact_listen_history') }}
    where origin = 'batch'
),

rejected as (
    select count(*) as listens
    from {{ ref('stg_rejected_listens') }}
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
