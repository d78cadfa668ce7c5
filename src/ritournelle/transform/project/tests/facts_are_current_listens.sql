-- Identity: facts = current rows of the history, over all days.
with

history as (
    select count(*) as listens
    from {{ ref('listen_history_hist') }}
    where is_current
),

facts as (
    select count(*) as listens
    from {{ ref('fact_listen_history') }}
    where origin = 'batch'
),

compared as (
    select
        history.listens as history,
        facts.listens as facts
    from history
    cross join facts
)

select * from compared
where history <> facts
