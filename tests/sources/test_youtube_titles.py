"""What a video's title tells: shapes written by us, and recorded titles against what a person read in them.

The recordings are others' titles and lie beside the checkout. Of the sample only the facts are kept here, by the id of
the video or a hash of its title; where the recordings are absent, these tests skip.
"""

from __future__ import annotations

import csv
import hashlib
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mwi_crawl.identity import normalise_title
from mwi_crawl.model import MediaType
from mwi_crawl.sources import _youtube_titles
from mwi_crawl.sources._youtube_titles import Title, read_title

MOVIE, TV = MediaType.MOVIE, MediaType.TV

TRAILERS_OF_HARBOUR_LIGHT = """
Harbour Light Trailer
Harbour Light Official Trailer HD
Harbour Light Official Trailer 2 [HD]
Harbour Light | Official Trailer [HD] | Northern Pictures
Harbour Light | The Storm | Official Trailer 2 HD | A24
Harbour Light - Official Trailer - Warner Bros. UK & Ireland
Harbour Light – Official Trailer l HD l Northern Films
Harbour Light — Trailer
Harbour Light ｜ Official Trailer
Harbour Light -- EXCLUSIVE Final Trailer
Harbour Light (Official Trailer)
Harbour Light [Official Trailer]
Harbour Light (Festival Cut Trailer)
Harbour Light "Trailer"
Ann Actor's HARBOUR LIGHT | Official Trailer
Harbour Light (NEW) Official Trailer
[HD] Harbour Light Trailer
HARBOUR LIGHT - Official Trailer | MUBI
A24 | Harbour Light | Official Trailer
Northern Pictures | Harbour Light | Official Trailer
Harbour Light | Northern Original Films | Official Trailer
Harbour Light | In Cinemas May 5 | Official Trailer
Official Trailer: Harbour Light
Official Trailer | Harbour Light | MUBI
A24 | Official Trailer | Harbour Light
Trailer #1 | Harbour Light
New Trailer for HARBOUR LIGHT
Watch the Official Trailer for Harbour Light
Harbour Light Final Trailer
Harbour Light: Final Trailer
Harbour Light - US Trailer 2
Harbour Light International Trailer #1
Harbour Light Official Heroes Trailer
Harbour Light Official Red Band Trailer
Harbour Light Super Bowl Trailer
Harbour Light - Official 1st Trailer
Harbour Light Official Trailer Sneak Peek
Harbour Light 'The Storm' Trailer
Harbour Light - "The Storm" Official Trailer
Harbour Light \\The Storm\\" Trailer
“Harbour Light” - Official Trailer
Netflix's "Harbour Light" Official Trailer
Northern Studios' Harbour Light | Official Trailer
Disney and Pixar's Harbour Light | Official Trailer
Harbour Light - Tráiler Oficial (HD)
Harbour Light - Bande-annonce officielle
Bande-annonce : Harbour Light
Harbour Light | Trailer ufficiale
Harbour Light | Offizieller Trailer
Harbour Light Official Trailer deutsch
HARBOUR LIGHT Trailer German Deutsch
🔥 Harbour Light 🔥 Official Trailer #shorts
Harbour Light #trailer #harbourlight #shorts
Harbour Light \x89ÛÒ Official Trailer
Harbour Light Trailer (3031)
Harbour Light Trailer (1887)
""".strip().splitlines()

TITLES_KEPT_WHOLE = {
    "12 Harbours Trailer #2 (2031)": "12 Harbours",
    "2049: A Harbour Story Official Trailer (2031)": "2049: A Harbour Story",
    "Harbour 2049 Trailer #1 (2031)": "Harbour 2049",
    "2031 Official Trailer (2031)": "2031",
    "(700) Nights of Harbour Official Trailer (2031)": "(700) Nights of Harbour",
    "[LIT] 7 Official Trailer (2031)": "[LIT] 7",
    "The Harbour 3 (Final Light) Official Trailer #2 (2031)": "The Harbour 3 (Final Light)",
    "Hafen (Harbour) Official Trailer #1 (2031)": "Hafen (Harbour)",
    "Harbour: Distant - Light Trailer #1 (2031)": "Harbour: Distant - Light",
    "H.B.R.Trailer #1 (2031)": "H.B.R.",
    "Harbour Finale Trailer #1 (2031)": "Harbour Finale",
    "The First Harbour Trailer #1 (2031)": "The First Harbour",
    "Official Harbours Trailer #1 (2031)": "Official Harbours",
    "The Official Harbour Trailer (2031)": "The Official Harbour",
    "Final Harbour Final Trailer (2031)": "Final Harbour",
    "Big Game Official Trailer #1 (2031) - Ann Actor Adventure HD": "Big Game",
    "Anniversary Trailer #1 (2031)": "Anniversary",
    "Harbour Anew Official Trailer (2031)": "Harbour Anew",
    "Harbour New - Trailer (2031)": "Harbour New",
    "Ocean's 31 Official Trailer (2031)": "Ocean's 31",
    "Ann Actor's Harbour Official Trailer (2031)": "Ann Actor's Harbour",
    "Harbour Light (Ann Actor, 2031) | Official Trailer": "Harbour Light",
    "Harbour New Official Trailer (2031)": "Harbour New",
    "Harbour Police: International Trailer #1 (2031)": "Harbour Police: International",
    "Trailer Park Harbour: The Movie Official Trailer (2031)": "Trailer Park Harbour: The Movie",
    "Welcome to the Trailer Park Official Trailer (2031)": "Welcome to the Trailer Park",
    "The Harbour Movie Trailer #1 (2031)": "The Harbour Movie",
    "The Harbour Movie 2: The Second Light Trailer #1 (2031)": "The Harbour Movie 2: The Second Light",
    "The Light of US Trailer (2031)": "The Light of US",
    "Us Trailer #1 (2031)": "Us",
    "Port Harbour, USA Official Trailer (2031)": "Port Harbour, USA",
    "The Interview Official Trailer (2031)": "The Interview",
    "Neon Trailer #1 (2031) | Rotten Tomatoes Trailers": "Neon",
    "The Light Keeper’s Harbour Red Band Trailer #2 (2031)": "The Light Keeper’s Harbour",
    "Harbour: Part 2 | Official Trailer (2031)": "Harbour: Part 2",
    "映画『港の光』予告編 (2031)": "港の光",
}

FACTS = {
    "Harbour Light Official Trailer #1 (2031) - Ann Actor, Bo Actor Movie HD": Title(
        "trailer", "Harbour Light", 2031, MOVIE
    ),
    "Harbour Light Official Trailer 1 (2031) Ann Actor, Bo Actor": Title("trailer", "Harbour Light", 2031),
    "Harbour Light (2031) Movie Trailer HD - TIFF": Title("trailer", "Harbour Light", 2031, MOVIE),
    "HARBOUR LIGHT (2031 Movie) – Official Trailer – Ann Actor": Title("trailer", "HARBOUR LIGHT", 2031, MOVIE),
    "Harbour Light - Trailer (2031) - Light Movie (2031) HD": Title("trailer", "Harbour Light", 2031, MOVIE),
    "Harbour Light Official Trailer - Ann Actor Movie (2031) HD": Title("trailer", "Harbour Light", 2031, MOVIE),
    "Harbour Light Trailer HD (Original 1979 Ann Actor Film)": Title("trailer", "Harbour Light", 1979, MOVIE),
    "Harbour Light Trailer #1 2031) - Drama": Title("trailer", "Harbour Light", 2031),
    "Harbour Light Official Trailer 2031": Title("trailer", "Harbour Light", 2031),
    "Harbour Light | Official Trailer | In Theaters May 5, 2031": Title("trailer", "Harbour Light", 2031),
    "Trailer - 1917": Title("trailer", "1917"),
    "Harbour Light Teaser Trailer #1 (2031)": Title("teaser", "Harbour Light", 2031),
    "Harbour Light - Trailer Teaser": Title("teaser", "Harbour Light"),
    "Harbour Light - Teaser for Trailer #2 (2031)": Title("teaser", "Harbour Light", 2031),
    "HARBOUR LIGHT - OFFICIAL TEASER [HD]": Title("teaser", "HARBOUR LIGHT"),
    "Harbour Light’s “The Storm” Teaser": Title("teaser", "Harbour Light"),
    "Northern Studios' Harbour Light - Storm TV Spot": Title("spot", "Harbour Light"),
    "Harbour Light | Big Game Spot": Title("spot", "Harbour Light"),
    "Harbour Light Movie CLIP - The Storm (2031) - Ann Actor Movie HD": Title("clip", "Harbour Light", 2031, MOVIE),
    "Harbour Light | Any Storm Clip | Northern Pictures": Title("clip", "Harbour Light"),
    "Harbour Light Clip & Trailer (2031)": Title("trailer", "Harbour Light", 2031),
    "HARBOUR - Light Featurette": Title("featurette", "HARBOUR"),
    "Harbour Light - Behind the Scenes": Title("featurette", "Harbour Light"),
    "Harbour Light Interview with the Director": Title("featurette", "Harbour Light"),
    "Official Trailer": Title("trailer"),
    "\x89ÛÏHarb\x89Ûªour\x89Û\x9d Official Trailer": Title("trailer"),
}

SERIES = {
    "Harbour Light Season 2 Final Trailer (2031)": Title("trailer", "Harbour Light", 2031, TV, 2),
    "Harbour Light Season 2 Super Bowl TV Trailer": Title("trailer", "Harbour Light", None, TV, 2),
    "Harbour Light: Season Two | Official Trailer | Netflix": Title("trailer", "Harbour Light", None, TV, 2),
    "Harbour Light | Official Trailer | Season 3": Title("trailer", "Harbour Light", None, TV, 3),
    "Harbour Light S2 | Official Teaser": Title("teaser", "Harbour Light", None, TV, 2),
    "Season 2 Trailer | Harbour Light": Title("trailer", "Harbour Light", None, TV, 2),
    "Harbour Light - The Final Season | Official Trailer": Title("trailer", "Harbour Light", None, TV),
    "Harbour Light - Series Trailer": Title("trailer", "Harbour Light", None, TV),
    "Harbour Light | Limited Series | Official Trailer": Title("trailer", "Harbour Light", None, TV),
    "‘HARBOUR’ Official NEW Series First Look | A Network": Title("featurette", "HARBOUR", None, TV),
    "Harbour Light Official Trailer #1 (2031) - Syfy TV Series HD": Title("trailer", "Harbour Light", 2031, TV),
    "Hunting Season 3 Official Trailer (2031) - Animated Movie HD": Title("trailer", "Hunting Season 3", 2031, MOVIE),
}

ABOUT_NO_SINGLE_FILM = """
Harbour Light
Harbour Light Full Movie
Harbour Light - Fishers of the Harbour
Harbour Light Trailer Mashup
Harbour Light Trailer Reaction
Harbour Light Trailer #2 Music (2031)
Trailer Breakdown: Harbour Light (2031)
Gulls React to Harbour Light Trailer
Harbour Light Concept Trailer (2031)
Harbour Light Teaser Trailer (2031) - Fan Made
Honest Trailer | Harbour Light
Harbour Light Ultimate Franchise Trailer (2031)
Top 10 Films of 2031
Weekly Trailer Roundup
Trailers | May 2031
Best Upcoming Movies 2031 Official Trailers
New Trailers This Week: Harbour Light Official Trailer
""".strip().splitlines()


@pytest.mark.parametrize("raw", TRAILERS_OF_HARBOUR_LIGHT)
def test_the_film_is_found_in_every_shape_of_title(raw: str):
    told = read_title(raw)
    assert (told.kind, normalise_title(told.title or ""), told.year) == ("trailer", "harbour light", None)


@pytest.mark.parametrize(("raw", "title"), TITLES_KEPT_WHOLE.items())
def test_a_word_of_the_trade_in_a_title_stays_there(raw: str, title: str):
    told = read_title(raw)
    assert (told.title, told.year) == (title, 2031)


@pytest.mark.parametrize(("raw", "told"), [*FACTS.items(), *SERIES.items()])
def test_kind_title_year_and_season_are_told(raw: str, told: Title):
    assert read_title(raw) == told


@pytest.mark.parametrize("raw", ABOUT_NO_SINGLE_FILM)
def test_what_is_no_trailer_of_one_film_tells_nothing(raw: str):
    assert read_title(raw) == Title()


@pytest.mark.parametrize(
    "raw",
    [
        "Harbour Light 25th Anniversary Re-Release Trailer (2031)",
        "Harbour Light 3D Re-Release Official Trailer #1 - Movie (2031) HD",
        "Harbour Light (1981) | 50th Anniversary Trailer",
        "Harbour Light Official Remastered Trailer (2031)",
        "Harbour Light 4K Restoration Trailer (2031)",
        "Harbour Light | Official Trailer (2031) | Back in Cinemas",
    ],
)
def test_the_year_of_a_re_release_is_not_the_films(raw: str):
    told = read_title(raw)
    assert (told.title, told.year) == ("Harbour Light", None)


TRADE = ["Official", "Trailer", "Teaser", "Final", "Movie", "The", "|", "-", ":", "'", '"', "(", ")", "[", "(2031)"]
TRADE += [
    "#1",
    "HD",
    "Season 2",
    "S2",
    "Clip",
    "TV Spot",
    "US",
    "A24",
    "’s",
    "\x89Û",
    "🔥",
    "#shorts",
    "『",
    "\ud800",
    "Light",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(TRADE) | st.text(max_size=3), max_size=15).map(" ".join)))
def test_any_text_is_read_and_no_fact_is_out_of_range(raw: str):
    told = read_title(raw)
    assert told.title is None or (told.title.strip() == told.title != "" and told.kind)
    assert told.year is None or 1888 <= told.year <= 2100
    assert told.season is None or told.media_type is TV
    assert told.kind in (None, "trailer", "teaser", "clip", "featurette", "spot")


@pytest.mark.parametrize(
    "unit", ["Official ", "a ' ", "( ", "(2031 ", "1 ", "Trailer #", "| ", "- ", "Trailer: ", "x's "]
)
def test_a_hostile_title_takes_no_longer_than_its_length(unit: str, monkeypatch: pytest.MonkeyPatch):
    # also without the limit on length: what takes the square of the time would take minutes
    monkeypatch.setattr(_youtube_titles, "_LONGEST", 10**6)
    began = time.perf_counter()
    for raw in (unit * (10_000 // len(unit)), "x Trailer " + unit * (10_000 // len(unit))):
        read_title(raw)
        read_title(f"{raw} Trailer")
    assert time.perf_counter() - began < 5


FOLDER = Path(__file__).resolve().parents[3] / "shared" / "recordings" / "youtube"
CHANNEL = "trailer_titles_movieclipstrailers_2018-2019_5203.tsv"
STUDIOS = "trailer_titles_raw_2017-2018_trending.tsv"
SAMPLE = Path(__file__).resolve().parents[1] / "fixtures" / "youtube_titles" / "sample.csv"
recorded = pytest.mark.skipif(not FOLDER.is_dir(), reason="the recordings are not beside this checkout")

# where what is told differs from what a person read: video → what is wrong
KNOWN = {
    "tbK-_dVgybE": ["kind"],  # "Official Trailer - 'Part' Teaser"
    "MH1Y79FW06Y": ["title"],  # "3D" is of the format here, and of the title elsewhere
    "sha256:5c948ad47f633075": ["title"],  # damaged; not guessed
    "64IIfxDrhJY": ["year"],  # of a re-release, which is not said in words
}


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def _raw_titles() -> dict[tuple[str, str], str]:
    """Every recorded title by its file and the video's id, or a hash of the title where there is no id."""
    found = {(CHANNEL, row["YouTubeID"]): row["Title"] for row in _rows(CHANNEL)}
    for row in _rows(STUDIOS):
        hashed = "sha256:" + hashlib.sha256(row["title"].encode()).hexdigest()[:16]
        found[STUDIOS, row["video_id"] or hashed] = row["title"]
    return found


def _wrong(told: Title, row: dict[str, str]) -> list[str]:
    right = {
        "title": normalise_title(told.title or "") == normalise_title(row["title"]),
        "year": str(told.year or "") == row["year"],
        "kind": (told.kind or "") == row["kind"],
    }
    return [fact for fact, same in right.items() if not same]


@recorded
def test_what_a_person_read_in_two_hundred_titles_is_told():
    # drawn: random.Random(2031).sample(range(5202), 130) of the channel's titles, and all 70 of the studios'
    with SAMPLE.open(encoding="utf-8", newline="") as table:
        sample = list(csv.DictReader(table))
    raw_titles = _raw_titles()
    failures = {}
    for row in sample:
        raw = raw_titles[row["file"], row["video"]]
        told = read_title(raw)
        if wrong := _wrong(told, row):
            failures[row["video"]] = wrong
            print(f"{raw!r}: {wrong}, told {told}")
    for fact in ("title", "year", "kind"):
        print(fact, 1 - sum(fact in wrong for wrong in failures.values()) / len(sample))
    assert len(sample) == 200
    assert failures == KNOWN


@recorded
def test_most_of_a_channels_titles_are_read_as_others_read_them():
    # the column is an oracle with mistakes: nearly all that differs is right here ("Operation" for "Operation Finale")
    rows = [(read_title(row["Title"]), row) for row in _rows(CHANNEL)]
    titles = sum(normalise_title(told.title or "") == normalise_title(row["MovieTitle"]) for told, row in rows)
    years = sum(str(told.year) == row["Year"] for told, row in rows)
    print(f"titles {titles}, years {years} of {len(rows)}")
    assert titles >= 4906
    assert years >= 5155
