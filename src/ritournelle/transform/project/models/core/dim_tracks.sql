-- One row per track (per source epoch) with its current values, and one unknown member.
{{ config(unique_key='track_key') }}

with

history as (
    select * from {{ ref('tracks_hist') }}
    {% if only_changes() -%}
    where track_key in (select track_key from {{ ref('tracks_hist') }} where {{ came_after('run_number') }})
    {%- endif %}
),

first_seen as (
    select
        track_key,
        min(valid_from) as first_seen_at
    from history
    group by track_key
),

members as (
    select
        versions.track_key,
        {{ artist_key('versions.artist') }} as artist_key,
        versions.track_id,
        versions.name,
        versions.artist,
        versions.album,
        versions.songwriters,
        versions.genres,
        versions.source_epoch,
        versions.run_number,
        versions.duration_seconds,
        versions.is_deleted,
        versions.source_created_at,
        versions.source_updated_at,
        first_seen.first_seen_at,
        versions.valid_from as changed_at
    from history as versions
    inner join first_seen on versions.track_key = first_seen.track_key
    where versions.is_current
),

-- `is_deleted` is null: it is neither a living track nor a deleted one.
unknown_member as (
    select
        'unknown' as track_key,
        'unknown' as artist_key,
        -1 as track_id,
        cast(null as {{ dbt.type_string() }}) as name,
        cast(null as {{ dbt.type_string() }}) as artist,
        cast(null as {{ dbt.type_string() }}) as album,
        cast(null as {{ dbt.type_string() }}) as songwriters,
        cast(null as {{ dbt.type_string() }}) as genres,
        cast(null as integer) as source_epoch,
        cast(null as {{ dbt.type_bigint() }}) as run_number,
        cast(null as {{ dbt.type_bigint() }}) as duration_seconds,
        cast(null as boolean) as is_deleted,
        cast(null as {{ type_instant() }}) as source_created_at,
        cast(null as {{ type_instant() }}) as source_updated_at,
        cast(null as {{ type_instant() }}) as first_seen_at,
        cast(null as {{ type_instant() }}) as changed_at
),

final as (
    select * from members
    {% if not only_changes() -%}
    union all
    select * from unknown_member
    {%- endif %}
)

select * from final
