-- One row per listen ever seen, by batch or stream. A listen that vanished from the source keeps its row, marked
-- `is_deleted`; one that only the stream has told of cannot vanish.
{{ config(incremental_strategy=replacing('replace_found'), meta={'replaces': 'record', 'user': 'source_user_id'}) }}

with

history as (
    select * from {{ ref('listen_history_hist') }}
),

users as (
    select * from {{ ref('dim_users') }}
),

tracks as (
    select * from {{ ref('dim_tracks') }}
),

shown as (
    select * from history
    where is_current
        {% if only_changes() -%}
        and {{ is_of_changed_record() }}
        {%- endif %}
),

told as (
    select * from {{ ref('stg_listen_events') }}
    {% if only_changes() -%}
    where {{ is_of_changed_record() }}
    {%- endif %}
),

-- The run that found a listen in its record first, of those that were told of as well.
first_shown as (
    select
        versions.listen_id,
        versions.source_epoch,
        versions.run_number
    from {{ ref('listen_history_hist') }} as versions
    inner join told
        on versions.user_id = told.user_id
        and versions.source_epoch = told.source_epoch
        and versions.listen_id = told.listen_id
    where versions.version = 1
),

-- Who came first says when it was heard, and that never moves: what was told is exact, what a record shows is not.
told_first as (
    select
        told.listen_id,
        told.source_epoch,
        told.listened_at,
        told.extracted_at
    from told
    inner join first_shown
        on told.source_epoch = first_shown.source_epoch
        and told.listen_id = first_shown.listen_id
        and told.run_number <= first_shown.run_number
),

listens as (
    select
        shown.listen_id,
        shown.user_id,
        shown.track_id,
        coalesce(told_first.listened_at, shown.listened_at) as listened_at,
        shown.position,
        shown.source_record_at,
        coalesce(told_first.extracted_at, shown.first_seen_at) as ingested_at,
        'batch' as origin,
        shown.source_epoch,
        shown.run_number,
        shown.is_deleted
    from shown
    left join told_first
        on shown.source_epoch = told_first.source_epoch
        and shown.listen_id = told_first.listen_id
    union all
    select
        told.listen_id,
        told.user_id,
        told.track_id,
        told.listened_at,
        told.position,
        told.source_record_at,
        told.extracted_at as ingested_at,
        'stream' as origin,
        told.source_epoch,
        told.run_number,
        false as is_deleted
    from told
    left join first_shown
        on told.source_epoch = first_shown.source_epoch
        and told.listen_id = first_shown.listen_id
    where first_shown.listen_id is null
),

epochs as (
    select distinct source_epoch from listens
),

-- The population that listens of an epoch speak of: each endpoint counts its own epochs, and the same id in another
-- one is somebody else.
user_epochs as (
    select
        epochs.source_epoch,
        max(users.source_epoch) as user_epoch
    from epochs
    inner join (select distinct source_epoch from {{ ref('dim_users') }}) as users on users.source_epoch <= epochs.source_epoch
    group by epochs.source_epoch
),

track_epochs as (
    select
        epochs.source_epoch,
        max(tracks.source_epoch) as track_epoch
    from epochs
    inner join (select distinct source_epoch from {{ ref('dim_tracks') }}) as tracks on tracks.source_epoch <= epochs.source_epoch
    group by epochs.source_epoch
),

-- What the dimensions do not know points at the unknown member; `source_*_id` keep what the source said, so that a
-- dimension that arrives late repairs the fact at the next run.
resolved as (
    select
        listens.listen_id,
        coalesce(users.user_id, -1) as user_id,
        coalesce(tracks.track_id, -1) as track_id,
        listens.listened_at,
        listens.position,
        listens.source_record_at,
        listens.ingested_at,
        listens.origin,
        coalesce(users.user_key, 'unknown') as user_key,
        coalesce(tracks.track_key, 'unknown') as track_key,
        listens.user_id as source_user_id,
        listens.track_id as source_track_id,
        listens.source_epoch,
        listens.run_number,
        listens.is_deleted,
        {{ utc_date('listens.listened_at') }} as listened_on
    from listens
    left join user_epochs on listens.source_epoch = user_epochs.source_epoch
    left join track_epochs on listens.source_epoch = track_epochs.source_epoch
    left join users
        on listens.user_id = users.user_id
        and user_epochs.user_epoch = users.source_epoch
    left join tracks
        on listens.track_id = tracks.track_id
        and track_epochs.track_epoch = tracks.source_epoch
)

select * from resolved
