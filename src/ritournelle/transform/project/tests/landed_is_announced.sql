-- Identity: of each source that stood still, announced = landed + quarantined + erased in its last good extract
-- (erased: rows of forgotten listeners, which are left out; null in the records of older versions).
{{ config(severity='warn', meta={'severity': 'error'}) }}

with

steps as (
    select
        *,
        row_number() over (partition by source order by run_number desc) as age
    from {{ source('ops', 'run_steps') }}
    where step = 'ingest' and status = 'succeeded'
)

select
    source,
    run_id,
    announced,
    landed,
    quarantined,
    erased
from steps
where age = 1 and proven_snapshot and announced <> landed + quarantined + coalesce(erased, 0)
