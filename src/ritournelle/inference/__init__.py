"""Inference: lists for all listeners every night, and one list as it is answered."""
