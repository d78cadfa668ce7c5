-- One row per user (per source epoch) with its current values, and one unknown member.
{{ config(unique_key='user_key') }}

with

history as (
    select * from {{ ref('users_hist') }}
    {% if only_changes() -%}
    where user_key in (select user_key from {{ ref('users_hist') }} where {{ came_after('run_number') }})
    {%- endif %}
),

first_seen as (
    select
        user_key,
        min(valid_from) as first_seen_at
    from history
    group by user_key
),

members as (
    select
        versions.user_key,
        versions.user_id,
        versions.email_hash,
        versions.first_name_hash,
        versions.last_name_hash,
        versions.gender,
        versions.favorite_genres,
        versions.source_epoch,
        versions.run_number,
        versions.is_deleted,
        versions.source_created_at,
        versions.source_updated_at,
        first_seen.first_seen_at,
        versions.valid_from as changed_at
    from history as versions
    inner join first_seen on versions.user_key = first_seen.user_key
    where versions.is_current
),

-- `is_deleted` is null: it is neither a living user nor a deleted one.
unknown_member as (
    select
        'unknown' as user_key,
        -1 as user_id,
        cast(null as {{ dbt.type_string() }}) as email_hash,
        cast(null as {{ dbt.type_string() }}) as first_name_hash,
        cast(null as {{ dbt.type_string() }}) as last_name_hash,
        cast(null as {{ dbt.type_string() }}) as gender,
        cast(null as {{ dbt.type_string() }}) as favorite_genres,
        cast(null as integer) as source_epoch,
        cast(null as {{ dbt.type_bigint() }}) as run_number,
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
