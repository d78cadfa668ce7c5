-- One row per staged listen that cannot become a fact: no version of its record shows it.
{{ config(full_refresh=none, meta={'replaces': 'listen'}) }}

with

records as (
    select * from {{ ref('stg_listen_records') }}
),

-- Named without their ids, which take ten times as long to read as all of their numbers.
numbers as (
    select
        user_id,
        track_id,
        source_epoch,
        run_number,
        source_record_local_at
    from {{ ref('stg_listens') }}
    {% if only_changes() -%}
    where user_id in (select user_id from {{ ref('changed_listens') }})
    {%- endif %}
),

-- Hardly anybody: only their listens are looked at one by one.
users as (
    select distinct numbers.user_id
    from numbers
    left join records
        on numbers.source_epoch = records.source_epoch
        and numbers.user_id = records.user_id
        and numbers.source_record_local_at = records.source_record_local_at
        and numbers.run_number = records.run_number
    where numbers.track_id is null or records.user_id is null or records.is_deleted
),

-- Exactly the listens that leave the table: of a record whose user or track has appeared, the rejected ones stay.
listens as (
    select * from {{ ref('stg_listens') }}
    where user_id in (select user_id from users)
        {% if only_changes() -%}
        and {{ is_among('changed_listens', ['source_epoch', 'listen_id']) }}
        {%- endif %}
),

versions as (
    select
        listens.listen_id,
        listens.track_id,
        listens.source_epoch,
        listens.extracted_at,
        case when listens.track_id is not null and not records.is_deleted then 1 else 0 end as shown
    from listens
    left join records
        on listens.source_epoch = records.source_epoch
        and listens.user_id = records.user_id
        and listens.source_record_local_at = records.source_record_local_at
        and listens.run_number = records.run_number
),

rejected as (
    select
        listen_id,
        source_epoch,
        case when count(track_id) = 0 then 'no track id' else 'no record' end as reason,
        min(extracted_at) as first_seen_at
    from versions
    group by listen_id, source_epoch
    having max(shown) = 0
)

select * from rejected
