-- One row per recommendation that was shown.
with

exposures as (
    select * from {{ source('raw', 'src_exposures') }}
    {% if only_changes() -%}
    where run_number > {{ staged_after() }}
    {%- endif %}
),

cleaned as (
    select
        recommendation_id,
        user_id,
        track_id,
        run_id,
        model_version,
        surface,
        answered_by,
        source_epoch,
        run_number,
        rank,
        exposed_at,
        received_at,
        extracted_at,
        {{ utc_date('exposed_at') }} as exposed_on
    from exposures
)

select * from cleaned
