"""Evaluation: how good a recommender is, by time, over the whole catalogue, with its uncertainty."""
