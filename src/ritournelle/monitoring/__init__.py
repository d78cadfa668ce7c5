"""Is every step of the river healthy? Observations → sensors → readings → incidents → alerts, and the health report."""
