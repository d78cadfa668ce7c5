"""Telling people: what happened to incidents, once each, on every channel; and how it stands, once a day."""
