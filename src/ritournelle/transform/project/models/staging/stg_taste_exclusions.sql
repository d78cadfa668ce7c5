-- One row per taste exclusion and run in which it was made, changed or taken back.
with

exclusions as (
    select * from {{ source('raw', 'src_taste_exclusions') }}
    {% if only_changes() -%}
    where run_number > {{ staged_after() }}
    {%- endif %}
),

cleaned as (
    select
        exclusion_id,
        user_id,
        run_id,
        kind,
        target,
        case when kind = 'artist' then {{ artist_key(clean_text('target')) }} end as artist_key,
        source_epoch,
        run_number,
        is_active,
        starts_at,
        ends_at,
        changed_at,
        received_at,
        extracted_at
    from exclusions
)

select * from cleaned
