"""The online store: each listener's list of the last publication, found by their id in a fraction of a millisecond."""
