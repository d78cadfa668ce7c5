"""Recommenders: models that learn from interactions and rank tracks; row numbers and arrays only, no outside ids."""
