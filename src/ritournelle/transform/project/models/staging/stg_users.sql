-- One row per user and version, renamed, cast and cleaned; e-mail and names only as keyed hashes.
with

versions as (
    select * from {{ source('raw', 'src_users') }}
    {% if only_changes() -%}
    where run_number > {{ staged_after() }}
    {%- endif %}
),

cleaned as (
    select
        {{ entity_key('source_epoch', 'id') }} as user_key,
        id as user_id,
        run_id,
        change_type,
        {{ keyed_hash('content', 'content_hash') }} as content_hash,  -- the plain one could be guessed back to a person
        {{ keyed_hash('email', clean_text('lower(email)')) }} as email_hash,
        {{ keyed_hash('first_name', clean_text('lower(first_name)')) }} as first_name_hash,
        {{ keyed_hash('last_name', clean_text('lower(last_name)')) }} as last_name_hash,
        {{ clean_text('gender') }} as gender,
        {{ clean_text('favorite_genres') }} as favorite_genres,
        source_epoch,
        run_number,
        change_type = 'deleted' as is_deleted,
        {{ to_utc('created_at') }} as source_created_at,
        {{ to_utc('updated_at') }} as source_updated_at,
        extracted_at
    from versions
)

select * from cleaned
