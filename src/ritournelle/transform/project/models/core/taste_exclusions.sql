-- One row per taste exclusion, as its listener left it: in force, or taken back.
{{ config(materialized='table') }}

with

versions as (
    select
        *,
        row_number() over (partition by exclusion_id order by changed_at desc, run_number desc) as age
    from {{ ref('stg_taste_exclusions') }}
),

final as (
    select
        exclusion_id,
        user_id,
        kind,
        target,
        artist_key,
        source_epoch,
        run_number,
        is_active,
        starts_at,
        ends_at,
        changed_at
    from versions
    where age = 1
)

select * from final
