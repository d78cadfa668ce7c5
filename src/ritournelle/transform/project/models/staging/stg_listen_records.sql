-- One row per listen record (user × created_at) and version.
with

versions as (
    select * from {{ source('raw', 'src_listen_history') }}
    {% if only_changes() -%}
    where run_number > {{ staged_after() }}
    {%- endif %}
),

cleaned as (
    select
        user_id,
        run_id,
        change_type,
        content_hash,
        source_epoch,
        run_number,
        change_type = 'deleted' as is_deleted,
        created_at as source_record_local_at,  -- part of the record's key as it came: zones with summer time merge hours
        {{ to_utc('created_at') }} as source_record_at,
        {{ to_utc('updated_at') }} as source_updated_at,
        extracted_at
    from versions
)

select * from cleaned
