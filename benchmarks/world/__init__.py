"""Usefulness: lists measured against the tastes that the simulated world has planted."""
