-- One row per listen and version of its record that shows it.
with

listens as (
    select * from {{ source('raw', 'src_listens') }}
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
        source_record_at as source_record_local_at,
        {{ to_utc('source_record_at') }} as source_record_at,
        extracted_at
    from listens
)

select * from cleaned
