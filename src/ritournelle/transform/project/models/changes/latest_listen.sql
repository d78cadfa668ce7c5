-- One row: the "now" of the marts, and the moment from which weights count.
-- "Now" is the latest listen that is no later than its arrival, so that one date in the future does not make everything
-- else old, and a rebuild gives the same rows. Weights count from the next multiple of the half-life, so that they stay
-- what they are while it lasts: only ratios matter to a model, and a day costs what changed.
with

facts as (
    select * from {{ ref('fact_listen_history') }}
),

latest as (
    select coalesce(max(case when listened_at <= ingested_at then listened_at end), max(ingested_at)) as listened_at
    from facts
),

in_half_lives as (
    select
        listened_at,
        cast(floor({{ seconds_since_1970('listened_at') }} / ({{ var("half_life_days") }} * 86400.0)) as bigint) + 1 as number
    from latest
)

select
    listened_at as latest_listened_at,
    {{ instant_of_seconds('number * ' ~ var("half_life_days") ~ ' * 86400') }} as weighed_at
from in_half_lives
