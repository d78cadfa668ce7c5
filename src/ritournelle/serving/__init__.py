"""The shell that speaks HTTP: pages for people, JSON for programs, metrics for Prometheus."""
