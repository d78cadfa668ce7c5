-- One row per staged listen that cannot become a fact: no version of its record shows it.
{{ config(full_refresh=none, meta={'replaces': 'listen'}) }}

with

listens as (
    select * from {{ ref('stg_listens') }}
    {% if only_changes() -%}
    where {{ is_changed_listen() }}
    {%- endif %}
),

records as (
    select * from {{ ref('stg_listen_records') }}
),

shown as (
    select distinct
        listens.source_epoch,
        listens.listen_id
    from listens
    inner join records
        on listens.source_epoch = records.source_epoch
        and listens.user_id = records.user_id
        and listens.source_record_local_at = records.source_record_local_at
        and listens.run_number = records.run_number
    where not records.is_deleted and listens.track_id is not null
),

rejected as (
    select
        listens.listen_id,
        listens.source_epoch,
        case when count(listens.track_id) = 0 then 'no track id' else 'no record' end as reason,
        min(listens.extracted_at) as first_seen_at
    from listens
    left join shown
        on listens.source_epoch = shown.source_epoch
        and listens.listen_id = shown.listen_id
    where shown.listen_id is null
    group by listens.listen_id, listens.source_epoch
)

select * from rejected
