-- One row per logical date on which something ran: runs, rows and checks, up to the transform that built this table.
{{ config(materialized='table') }}

with

runs as (
    select
        run_id,
        logical_date,
        status,
        finished_at,
        duration_seconds
    from {{ source('ops', 'runs') }}
),

by_date as (
    select
        logical_date,
        count(*) as runs,
        count(case when status = 'succeeded' then 1 end) as runs_succeeded,
        count(case when status in ('failed', 'killed') then 1 end) as runs_failed,
        max(duration_seconds) as longest_run_seconds,
        max(case when status = 'succeeded' then finished_at end) as last_success_at
    from runs
    group by logical_date
),

loaded as (
    select
        runs.logical_date,
        cast(sum(steps.landed) as {{ dbt.type_bigint() }}) as rows_landed,
        cast(sum(steps.inserted) as {{ dbt.type_bigint() }}) as rows_inserted,
        cast(sum(steps.updated) as {{ dbt.type_bigint() }}) as rows_updated,
        cast(sum(steps.deleted) as {{ dbt.type_bigint() }}) as rows_deleted,
        cast(sum(steps.quarantined) as {{ dbt.type_bigint() }}) as rows_quarantined,
        cast(sum(steps.retries) as {{ dbt.type_bigint() }}) as retries
    from {{ source('ops', 'run_steps') }} as steps
    inner join runs on steps.run_id = runs.run_id
    where steps.step = 'ingest'
    group by runs.logical_date
),

checked as (
    select
        runs.logical_date,
        count(*) as checks,
        count(case when results.outcome = 'warned' then 1 end) as checks_warned,
        count(case when results.outcome in ('failed', 'error') then 1 end) as checks_failed
    from {{ source('ops', 'check_results') }} as results
    inner join runs on results.run_id = runs.run_id
    group by runs.logical_date
),

final as (
    select
        by_date.logical_date,
        by_date.runs,
        by_date.runs_succeeded,
        by_date.runs_failed,
        coalesce(loaded.rows_landed, 0) as rows_landed,
        coalesce(loaded.rows_inserted, 0) as rows_inserted,
        coalesce(loaded.rows_updated, 0) as rows_updated,
        coalesce(loaded.rows_deleted, 0) as rows_deleted,
        coalesce(loaded.rows_quarantined, 0) as rows_quarantined,
        coalesce(loaded.retries, 0) as retries,
        coalesce(checked.checks, 0) as checks,
        coalesce(checked.checks_warned, 0) as checks_warned,
        coalesce(checked.checks_failed, 0) as checks_failed,
        by_date.longest_run_seconds,
        by_date.last_success_at
    from by_date
    left join loaded on by_date.logical_date = loaded.logical_date
    left join checked on by_date.logical_date = checked.logical_date
)

select * from final
