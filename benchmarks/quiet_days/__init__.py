"""Alarms on days on which nothing is wrong: there must be none."""
