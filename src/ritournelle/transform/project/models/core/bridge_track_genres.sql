-- One row per track × genre: the words of the track's text, which separates them by comma, semicolon, slash or bar.
{{ config(incremental_strategy=replacing('replace_changed'), meta={'replaces': 'track'}) }}

with

tracks as (
    select
        track_key,
        genres
    from {{ ref('dim_tracks') }}
    where genres is not null
        {% if only_changes() -%}
        and {{ replaced_rows('track') }}
        {%- endif %}
),

words as (
    {{ split_words('tracks', 'track_key', 'genres') }}
),

cleaned as (
    select distinct
        track_key,
        {{ ascii_lower(clean_text('word')) }} as genre_key
    from words
),

final as (
    select
        track_key,
        genre_key
    from cleaned
    where genre_key is not null
)

select * from final
