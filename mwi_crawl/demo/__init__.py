"""The demo: a fake upstream, the bundled films it serves, and the history of two invented people."""
