{# How much each source landed in its last good extract, against the mean of the four weeks before; three extracts are
   the least that says anything. #}
{% macro volume_of_sources() -%}
    select
        latest.source,
        latest.landed,
        avg(earlier.landed) as usual
    from (
        select
            *,
            row_number() over (partition by source order by run_number desc) as age
        from {{ source('ops', 'run_steps') }}
        where step = 'ingest' and status = 'succeeded'
    ) as latest
    inner join {{ source('ops', 'run_steps') }} as earlier
        on earlier.source = latest.source
        and earlier.step = 'ingest'
        and earlier.status = 'succeeded'
        and earlier.run_number < latest.run_number
        and {{ seconds_between('earlier.finished_at', 'latest.finished_at') }} <= 28 * 86400
    where latest.age = 1
    group by latest.source, latest.landed
    having count(*) >= 3
{%- endmacro %}

{# How many listens the last extract brought, against the mean of the runs in the four weeks before that brought any. The
   very first load is no usual day. #}
{% macro volume_of_listens() -%}
    select
        latest.listens,
        avg(earlier.listens) as usual
    from (
        select
            listens,
            ingested_at,
            row_number() over (order by ingested_at desc) as age
        from (
            select first_seen_at as ingested_at, count(*) as listens
            from {{ ref('listen_history_hist') }}
            where is_current
            group by first_seen_at
        ) as counted
    ) as latest
    inner join (
        select
            listens,
            ingested_at,
            row_number() over (order by ingested_at) as place
        from (
            select first_seen_at as ingested_at, count(*) as listens
            from {{ ref('listen_history_hist') }}
            where is_current
            group by first_seen_at
        ) as counted
    ) as earlier
        on earlier.place > 1
        and earlier.ingested_at < latest.ingested_at
        and {{ seconds_between('earlier.ingested_at', 'latest.ingested_at') }} <= 28 * 86400
    where latest.age = 1
    group by latest.listens
    having count(*) >= 3
{%- endmacro %}
