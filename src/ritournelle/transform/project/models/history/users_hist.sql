-- One row per user (per source epoch) and version: type 2, deletions included.
{{ config(unique_key='user_key') }}

{{ type_2_history(
    changes=ref('stg_users'),
    entity='user',
    texts=['content_hash', 'email_hash', 'first_name_hash', 'last_name_hash', 'gender', 'favorite_genres'],
    numbers=[],
) }}
