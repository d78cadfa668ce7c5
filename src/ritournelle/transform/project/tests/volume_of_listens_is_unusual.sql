-- Volume: the last run brought less than a tenth, or more than ten times, of the listens that a run usually brings.
{{ config(severity='warn') }}

select * from (
    {{ volume_of_listens() }}
) as volumes
where listens < 0.1 * usual or listens > 10 * usual
