-- One row per genre word of the tracks. They are free words, not the list that users' favourites come from (Q10).
{{ config(materialized='table') }}

select
    genre_key,
    count(*) as tracks
from {{ ref('bridge_track_genres') }}
group by genre_key
