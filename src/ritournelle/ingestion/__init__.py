"""From the app's API to raw tables: crawl, prove, land, parse, compare, load."""
