-- One row per track and version, renamed, cast and cleaned.
with

versions as (
    select * from {{ source('raw', 'src_tracks') }}
    {% if only_changes() -%}
    where run_number > {{ staged_after() }}
    {%- endif %}
),

cleaned as (
    select
        {{ entity_key('source_epoch', 'id') }} as track_key,
        id as track_id,
        run_id,
        change_type,
        content_hash,
        {{ clean_text('name') }} as name,
        {{ clean_text('artist') }} as artist,
        {{ clean_text('album') }} as album,
        {{ clean_text('songwriters') }} as songwriters,
        {{ clean_text('genres') }} as genres,
        source_epoch,
        run_number,
        {{ duration_in_seconds('duration') }} as duration_seconds,
        change_type = 'deleted' as is_deleted,
        {{ to_utc('created_at') }} as source_created_at,
        {{ to_utc('updated_at') }} as source_updated_at,
        extracted_at
    from versions
)

select * from cleaned
