"""The transform measured: a first build, a day of changes, and the same SQL without dbt."""
