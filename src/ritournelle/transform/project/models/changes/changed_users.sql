-- One row per user who has come, gone or come back since the last good build.
{{ config(materialized='ephemeral') }}

select distinct versions.user_id
from {{ ref('users_hist') }} as versions
left join {{ ref('users_hist') }} as previous
    on versions.user_key = previous.user_key
    and versions.version = previous.version + 1
where {{ came_after('versions.run_number') }}
    and (previous.user_key is null or versions.is_deleted <> previous.is_deleted)
