-- Volume: a source landed less than 80 % or more than twice of what it usually does.
{{ config(severity='warn') }}

select * from (
    {{ volume_of_sources() }}
) as volumes
where landed < 0.8 * usual or landed > 2 * usual
