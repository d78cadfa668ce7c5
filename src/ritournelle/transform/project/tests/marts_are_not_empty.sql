-- A green run on an empty mart is impossible. (`not_empty` on interactions stops earlier, before the lists.)
{% for mart in [
    'user_profiles', 'track_profiles', 'track_popularity', 'training_windows', 'listening_days', 'users_days'
] -%}
select '{{ mart }}' as mart
from (select count(*) as row_count from {{ ref(mart) }}) as counted
where row_count = 0
{{ "union all" if not loop.last }}
{% endfor %}
