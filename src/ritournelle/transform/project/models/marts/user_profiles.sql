-- One row per living user of the current population, also those who have not listened yet.
{{ config(meta={'replaces': 'listener'}) }}

with

users as (
    select * from {{ ref('dim_users') }}
),

-- The unknown member is no one: its `is_deleted` is null.
living_users as (
    select * from users
    where not is_deleted and source_epoch = (select max(source_epoch) from {{ ref('dim_users') }})
        {% if only_changes() -%}
        and {{ is_among('changed_listeners', ['user_id']) }}
        {%- endif %}
),

-- Listens of an epoch speak of the latest users up to it: ids are enough.
facts as (
    select * from {{ ref('fact_listen_history') }}
    where source_epoch >= (select max(source_epoch) from {{ ref('dim_users') }})
        and user_id in (select user_id from living_users)
),

tastes as (
    select * from {{ ref('user_tastes') }}
    where taste_rank = 1
        and user_id in (select user_id from living_users)
),

reference as (
    select * from {{ ref('latest_listen') }}
),

activity as (
    select
        user_id,
        count(*) as plays,
        count(distinct listened_on) as active_days,
        min(listened_at) as first_listened_at,
        max(listened_at) as last_listened_at
    from facts
    group by user_id
),

-- Novelty appetite: a listen is a listener's first of its track, or it is not.
interactions as (
    select
        interactions.user_id,
        count(*) as tracks,
        sum(interactions.plays) as plays,
        sum({{ millionths_of('interactions.weight') }}) as weight
    from {{ ref('interactions') }} as interactions
    inner join living_users on interactions.user_id = living_users.user_id
    group by interactions.user_id
),

final as (
    select
        users.user_id,
        artists.taste_key as favourite_artist_key,
        genres.taste_key as favourite_genre_key,
        coalesce(activity.plays, 0) as plays,
        coalesce(interactions.tracks, 0) as tracks,
        coalesce(activity.active_days, 0) as active_days,
        {{ share_of(millionths_of('artists.weight'), 'interactions.weight') }} as favourite_artist_share,
        {{ share_of(millionths_of('genres.weight'), 'interactions.weight') }} as favourite_genre_share,
        {{ share_of('interactions.tracks', 'interactions.plays') }} as novelty_share,
        activity.first_listened_at,
        activity.last_listened_at,
        reference.weighed_at
    from living_users as users
    left join activity on users.user_id = activity.user_id
    left join interactions on users.user_id = interactions.user_id
    left join tastes as artists
        on users.user_id = artists.user_id and artists.kind = 'artist'
    left join tastes as genres
        on users.user_id = genres.user_id and genres.kind = 'genre'
    cross join reference
)

select * from final
