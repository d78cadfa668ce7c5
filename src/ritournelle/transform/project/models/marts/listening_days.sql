-- One row per UTC day on which somebody listened: how much, and how much of the catalogue.
{{ config(meta={'replaces': 'day'}) }}

with

facts as (
    select * from {{ ref('fact_listen_history') }}
    {% if only_changes() -%}
    where {{ is_among('changed_days', ['listened_on']) }}
    {%- endif %}
),

tracks as (
    select
        track_key,
        artist_key
    from {{ ref('dim_tracks') }}
),

counted as (
    select
        facts.listened_on,
        count(*) as plays,
        count(case when facts.track_key = 'unknown' or facts.user_key = 'unknown' then 1 end) as plays_of_unknown,
        count(distinct nullif(facts.track_key, 'unknown')) as tracks_played,
        count(distinct nullif(tracks.artist_key, 'unknown')) as artists_played
    from facts
    inner join tracks on facts.track_key = tracks.track_key
    group by facts.listened_on
),

-- What the catalogue held at the end of a day, as far as history knows: tracks that came less those that went. Of the
-- time before the first extract it knows nothing: what that one brought counts as always there.
changes as (
    select
        case
            when run_number = (select min(run_number) from {{ ref('tracks_hist') }}) then cast('1970-01-01' as date)
            else {{ utc_date('valid_from') }}
        end as changed_on,
        case
            when is_deleted then -1
            when version = 1 or follows_deletion then 1
            else 0
        end as change
    from (
        select
            *,
            lag(is_deleted) over (partition by track_key order by version) as follows_deletion
        from {{ ref('tracks_hist') }}
    ) as versions
),

change_days as (
    select
        changed_on,
        sum(change) as change
    from changes
    group by changed_on
),

catalogues as (
    select
        changed_on,
        sum(change) over (order by changed_on rows between unbounded preceding and current row) as tracks,
        lead(changed_on) over (order by changed_on) as next_changed_on
    from change_days
),

final as (
    select
        counted.listened_on,
        counted.plays,
        counted.plays_of_unknown,
        counted.tracks_played,
        counted.artists_played,
        cast(catalogues.tracks as {{ dbt.type_bigint() }}) as catalogue_tracks,
        cast(counted.tracks_played as {{ type_double() }})
        / cast(nullif(catalogues.tracks, 0) as {{ type_double() }}) as catalogue_share
    from counted
    left join catalogues
        on counted.listened_on >= catalogues.changed_on
        and (counted.listened_on < catalogues.next_changed_on or catalogues.next_changed_on is null)
)

select * from final
