"""Raw to marts: the dbt project and the runner that builds and tests it in this process."""
