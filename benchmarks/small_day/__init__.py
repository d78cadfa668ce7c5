"""The whole run of a small app."""
