-- Identity: of each source that stood still, announced = landed + quarantined in its last good extract.
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
    quarantined
from steps
where age = 1 and proven_snapshot and announced <> landed + quarantined
