-- One row per user whose profile may be another one since the last good build. Empty on a rebuild.
select distinct user_id
from {{ ref('changed_pairs') }}
{{ union_distinct() }}
select user_id
from {{ ref('changed_users') }}
{{ union_distinct() }}
select user_id
from {{ ref('dim_users') }}
where {{ weights_count_anew() }}
