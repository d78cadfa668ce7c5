"""Ingestion: the same pages through our crawl and through dlt's `rest_api` source, both into DuckDB with merge."""
