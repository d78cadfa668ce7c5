-- One row per listen ever seen. A listen that vanished from the source keeps its row, marked `is_deleted`.
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

listens as (
    select * from history
    where is_current
        {% if only_changes() -%}
        and {{ is_of_changed_record() }}
        {%- endif %}
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
        listens.first_seen_at as ingested_at,
        'batch' as origin,
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
