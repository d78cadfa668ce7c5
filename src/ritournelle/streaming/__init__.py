"""The event log: what happens between the days, durable before it is acknowledged, read at least once."""
