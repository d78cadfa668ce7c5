-- Listens that were staged and cannot become facts: none is expected.
{{ config(severity='warn') }}

select * from {{ ref('stg_rejected_listens') }}
