-- Volume: a source landed less than half of what it usually does.
{{ config(severity='warn', meta={'severity': 'error'}) }}

select * from (
    {{ volume_of_sources() }}
) as volumes
where landed < 0.5 * usual
