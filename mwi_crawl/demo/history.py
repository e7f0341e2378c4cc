"""The demo's people: whose files are bundled, and the keys its upstreams are shown (any would do)."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parent / "data"
"""films.csv and the history: ann-ratings.csv (IMDb), ben-letterboxd/ (Letterboxd)."""

HISTORY: tuple[tuple[str, Path], ...] = (
    ("ann", DATA / "ann-ratings.csv"),
    *(
        ("ben", DATA / "ben-letterboxd" / name)
        for name in ("ratings.csv", "watched.csv", "diary.csv", "likes/films.csv", "watchlist.csv")
    ),
)

KEYS = {
    "TMDB_API_READ_ACCESS_TOKEN": "eyJkZW1vIjoidGhpcyBpcyBubyBzZWNyZXQifQ.demo.demo",
    "OMDB_API_KEY": "de300000",
    "DDD_API_KEY": "demo-demo-demo-demo",
    "YOUTUBE_API_KEY": "demo-demo-demo-demo-demo",
}  # not secrets, only of the right shape
