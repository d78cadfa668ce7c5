-- One row per track (per source epoch) and version: type 2, deletions included.
{{ config(unique_key='track_key') }}

{{ type_2_history(
    changes=ref('stg_tracks'),
    entity='track',
    texts=['content_hash', 'name', 'artist', 'album', 'songwriters', 'genres'],
    numbers=['duration_seconds'],
) }}
