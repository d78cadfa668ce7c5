-- One row per listen record that a run has touched, or that a told listen names, since the last good build, by the instant of its creation: of two
-- local times that summer time makes one, both are looked at.
{{ config(materialized='ephemeral') }}

select
    source_epoch,
    user_id,
    source_record_at
from {{ ref('stg_listen_records') }}
where {{ came_after('run_number') }}
{{ union_distinct() }}
select
    source_epoch,
    user_id,
    source_record_at
from {{ ref('stg_listens') }}
where {{ came_after('run_number') }}
{{ union_distinct() }}
select
    source_epoch,
    user_id,
    source_record_at
from {{ ref('stg_listen_events') }}
where {{ came_after('run_number') }}
