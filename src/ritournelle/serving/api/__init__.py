"""The HTTP API: what it takes and gives, who may ask, and what stands behind each address."""
