-- One row per recommendation and kind of feedback, and run in which it was given, or given again later.
with

feedback as (
    select * from {{ source('raw', 'src_feedback') }}
    {% if only_changes() -%}
    where run_number > {{ staged_after() }}
    {%- endif %}
),

cleaned as (
    select
        feedback_id,
        recommendation_id,
        user_id,
        track_id,
        run_id,
        kind,
        model_version,
        surface,
        source_epoch,
        run_number,
        given_at,
        received_at,
        extracted_at
    from feedback
)

select * from cleaned
