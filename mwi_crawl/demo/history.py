"""The demo's people: whose files are bundled, and the key its upstream is shown (any would do)."""

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

TOKEN = "eyJkZW1vIjoidGhpcyBpcyBubyBzZWNyZXQifQ.demo.demo"  # noqa: S105 - not a secret, only of the right shape
