"""Measures mwi-crawl beside what a person would otherwise use: `python -m bench` (docs/performance.md)."""
