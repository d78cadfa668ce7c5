-- One row per living user × artist or genre: the ten of each kind that weigh most.
{{ config(meta={'replaces': 'listener'}) }}

with

interactions as (
    select * from {{ ref('interactions') }}
    {% if only_changes() -%}
    where {{ is_among('changed_listeners', ['user_id']) }}
    {%- endif %}
),

tracks as (
    select * from {{ ref('dim_tracks') }}
    where not is_deleted and source_epoch = (select max(source_epoch) from {{ ref('dim_tracks') }})
),

genres as (
    select * from {{ ref('bridge_track_genres') }}
),

by_artist as (
    select
        interactions.user_id,
        'artist' as kind,
        tracks.artist_key as taste_key,
        sum(interactions.plays) as plays,
        sum({{ millionths_of('interactions.weight') }}) as weight,
        max(interactions.weighed_at) as weighed_at
    from interactions
    inner join tracks on interactions.track_id = tracks.track_id
    where tracks.artist_key <> 'unknown'
    group by interactions.user_id, tracks.artist_key
),

by_genre as (
    select
        interactions.user_id,
        'genre' as kind,
        genres.genre_key as taste_key,
        sum(interactions.plays) as plays,
        sum({{ millionths_of('interactions.weight') }}) as weight,
        max(interactions.weighed_at) as weighed_at
    from interactions
    inner join tracks on interactions.track_id = tracks.track_id
    inner join genres on tracks.track_key = genres.track_key
    group by interactions.user_id, genres.genre_key
),

tastes as (
    select * from by_artist
    union all
    select * from by_genre
),

ranked as (
    select
        *,
        row_number() over (
            partition by user_id, kind order by weight desc, {{ binary_order('taste_key') }}
        ) as place
    from tastes
),

final as (
    select
        user_id,
        kind,
        taste_key,
        place as taste_rank,
        cast(plays as {{ dbt.type_bigint() }}) as plays,
        {{ weight_of('weight') }} as weight,
        weighed_at
    from ranked
    where place <= 10
)

select * from final
