-- One row per listen that was told through the event log. One that names no record is a record of its own, of the moment
-- at which it was heard.
with

events as (
    select * from {{ source('raw', 'src_listen_events') }}
    {% if only_changes() -%}
    where run_number > {{ staged_after() }}
    {%- endif %}
),

cleaned as (
    select
        listen_id,
        user_id,
        track_id,
        run_id,
        source_epoch,
        run_number,
        occurrence,
        position,
        source_record_at is not null as is_of_record,
        coalesce({{ to_utc('source_record_at') }}, listened_at) as source_record_at,
        listened_at,
        received_at,
        extracted_at
    from events
)

select * from cleaned
