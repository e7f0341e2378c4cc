"""mwi-crawl: a film history in, one enriched SQLite file out. docs/architecture.md tells how."""
