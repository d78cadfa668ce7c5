-- Identity: every listen that was told through the event log is a fact; of those of the last runs, or of all on a rebuild.
with

told as (
    select * from {{ ref('stg_listen_events') }}
    where {{ checked_rows('run') }}
),

missing as (
    select told.listen_id
    from told
    left join {{ ref('fact_listen_history') }} as facts
        on told.user_id = facts.source_user_id
        and told.source_epoch = facts.source_epoch
        and told.listen_id = facts.listen_id
    where facts.listen_id is null
)

select * from missing
