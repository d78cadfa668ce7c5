-- One row per listen (per source epoch) and period in which its record showed it at one position, or showed it no more.
-- Versions of a record that leave a listen where it was do not multiply it (gaps and islands).
-- Incremental: all versions of the records that changed are made anew, so that a day equals a rebuild.
{{ config(incremental_strategy=replacing('replace_found'), meta={'replaces': 'record', 'user': 'user_id'}) }}

with

records as (
    select records.*
    from {{ ref('stg_listen_records') }} as records
    {% if only_changes() -%}
    inner join {{ ref('changed_records') }} as changed
        on records.source_epoch = changed.source_epoch
        and records.user_id = changed.user_id
        and records.source_record_at = changed.source_record_at
    {%- endif %}
),

listens as (
    select * from {{ ref('stg_listens') }}
    {% if only_changes() -%}
    where user_id in (select user_id from records)
    {%- endif %}
),

-- A clock may be set back between two runs: a version never starts before the one it follows.
record_versions as (
    select
        *,
        row_number() over (
            partition by source_epoch, user_id, source_record_local_at order by run_number
        ) as version,
        count(*) over (partition by source_epoch, user_id, source_record_local_at) as versions,
        lag(source_updated_at) over (
            partition by source_epoch, user_id, source_record_local_at order by run_number
        ) as previous_updated_at,
        max(source_updated_at) over (
            partition by source_epoch, user_id, source_record_local_at order by run_number
            rows between unbounded preceding and 1 preceding
        ) as latest_updated_at,
        max(extracted_at) over (
            partition by source_epoch, user_id, source_record_local_at order by run_number
            rows between unbounded preceding and current row
        ) as valid_from
    from records
),

-- When a listen that this version shows first was heard. A deleted version has no `updated_at`: the latest known counts.
dated_versions as (
    select
        *,
        case
            when version = 1 then source_record_at
            when source_updated_at > coalesce(previous_updated_at, latest_updated_at)
                then least(source_updated_at, extracted_at)
            else extracted_at
        end as new_listens_heard_at
    from record_versions
),

shown as (
    select
        listens.listen_id,
        listens.user_id,
        listens.track_id,
        listens.position,
        listens.source_epoch,
        listens.run_number,
        listens.source_record_local_at,
        versions.source_record_at,
        versions.run_id,
        versions.version,
        versions.versions,
        versions.valid_from,
        versions.extracted_at,
        versions.new_listens_heard_at
    from listens
    inner join dated_versions as versions
        on listens.source_epoch = versions.source_epoch
        and listens.user_id = versions.user_id
        and listens.source_record_local_at = versions.source_record_local_at
        and listens.run_number = versions.run_number
    where not versions.is_deleted and listens.track_id is not null
),

-- Most records have one version, and their listens one period: the windows below would cost ten times as much.
of_single_versions as (
    select
        listen_id,
        user_id,
        track_id,
        run_id,
        source_epoch,
        1 as version,
        position,
        run_number,
        true as is_current,
        false as is_deleted,
        new_listens_heard_at as listened_at,
        source_record_at,
        extracted_at as first_seen_at,
        valid_from,
        cast(null as {{ type_instant() }}) as valid_to,
        extracted_at as ingested_at
    from shown
    where versions = 1
),

with_neighbours as (
    select
        *,
        lag(version) over (partition by source_epoch, listen_id order by run_number) as previous_version,
        lag(position) over (partition by source_epoch, listen_id order by run_number) as previous_position,
        lead(version) over (partition by source_epoch, listen_id order by run_number) as next_version,
        first_value(new_listens_heard_at) over (
            partition by source_epoch, listen_id order by run_number
            rows between unbounded preceding and current row
        ) as listened_at,
        first_value(extracted_at) over (
            partition by source_epoch, listen_id order by run_number
            rows between unbounded preceding and current row
        ) as first_seen_at
    from shown
    where versions > 1
),

-- A period starts where the version before did not show the listen, or showed it elsewhere.
started as (
    select
        source_epoch, listen_id, user_id, track_id, run_id, position, source_record_at, listened_at, first_seen_at,
        run_number, version as record_version, valid_from, extracted_at as ingested_at, false as is_deleted
    from with_neighbours
    where case when previous_version = version - 1 and previous_position = position then 0 else 1 end = 1
),

-- The version after the last of a row that showed the listen: there it has vanished.
vanished as (
    select
        last_shown.source_epoch,
        last_shown.listen_id,
        last_shown.user_id,
        last_shown.track_id,
        next_versions.run_id,
        last_shown.position,
        last_shown.source_record_at,
        last_shown.listened_at,
        last_shown.first_seen_at,
        next_versions.run_number,
        next_versions.version as record_version,
        next_versions.valid_from,
        next_versions.extracted_at as ingested_at,
        true as is_deleted
    from with_neighbours as last_shown
    inner join record_versions as next_versions
        on last_shown.source_epoch = next_versions.source_epoch
        and last_shown.user_id = next_versions.user_id
        and last_shown.source_record_local_at = next_versions.source_record_local_at
        and last_shown.version + 1 = next_versions.version
    where last_shown.next_version is null or last_shown.next_version > last_shown.version + 1
),

all_periods as (
    select * from started
    union all
    select * from vanished
),

closed as (
    select
        *,
        row_number() over (partition by source_epoch, listen_id order by record_version) as version,
        lead(valid_from) over (partition by source_epoch, listen_id order by record_version) as valid_to
    from all_periods
),

of_several_versions as (
    select
        closed.listen_id,
        closed.user_id,
        closed.track_id,
        closed.run_id,
        closed.source_epoch,
        cast(closed.version as integer) as version,
        closed.position,
        closed.run_number,
        closed.valid_to is null as is_current,
        closed.is_deleted,
        closed.listened_at,
        closed.source_record_at,
        closed.first_seen_at,
        closed.valid_from,
        closed.valid_to,
        closed.ingested_at
    from closed
),

final as (
    select * from of_single_versions
    union all
    select * from of_several_versions
)

select * from final
