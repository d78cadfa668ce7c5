"""Quality of what the platform chooses by itself, on published splits: `python -m benchmarks.quality`."""
