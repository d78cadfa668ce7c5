"""The day by Dagster against the day by the command."""
