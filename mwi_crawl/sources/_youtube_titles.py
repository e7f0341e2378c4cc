"""What a video's title on YouTube tells: the film it is of, the year, and whether it is a trailer at all.

    Harbour Light Official Trailer #1 (2031) - A. Actor Movie HD     the film's title stands before the marker …
    STUDIO | Harbour Light | Official Trailer                        … a studio may stand before it …
    Harbour Light - 'The Storm' Official Teaser Trailer              … and the name of a part between
    Official Trailer: Harbour Light                                  or it stands behind the marker

The marker is a word of the trade ("Trailer") with the words of the trade before it ("Official Red Band"). Words that
titles end in as well ("Something New") count only right before it. What would leave no title is no marker: in "Official
Secrets Trailer" the first word is the title's. A title keeps its case, for what THE LIGHT OF US is in small letters is
not told. One that is damaged beyond reading is none: a wrong film is worse than no film.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from re import Match

from mwi_crawl.model import MediaType
from mwi_crawl.sources import _youtube_words as trade

_LONGEST = 500  # characters that are looked at; YouTube takes 100
_FIRST_YEAR, _LAST_YEAR = 1888, 2100
_OF_A_PART = ("clip", "featurette", "spot")  # kinds that are named: "Harbour Light - Storm TV Spot"


@dataclass(frozen=True, slots=True)
class Title:
    """What a title tells. `title` is the film's or series' name, never empty.

    `season` is given for a series only, and the year beside it is then the season's.
    """

    kind: str | None = None  # trailer, teaser, clip, featurette, spot
    title: str | None = None
    year: int | None = None
    media_type: MediaType | None = None  # movie or tv
    season: int | None = None


def read_title(raw: str) -> Title:
    """What the title of a video tells, its HTML escapes already undone. Takes any text and raises nothing.

    A video about several films, or about a trailer, tells nothing. The year of a re-release is not the film's.
    """
    text = _plain(raw)
    core = None if trade.SEVERAL.search(text) else _core(text)
    if core is None:
        return Title()
    before, after = text[: core.start()], text[core.end() :]
    dated = trade.YEAR_ENDING_TITLE.search(before)
    name = _before_marker(before[: dated.start()] if dated else before, near=dated is None)
    kind = _kind(text[len(name) : core.end()], after)
    title = _film(_without_season(name, text), named_part=kind in _OF_A_PART and not dated)
    if title is None or trade.STUDIO.fullmatch(title) or trade.SEASON.fullmatch(title):
        title = _behind(after, only_bar=title is not None) or title
    rest, rest_after = (part.replace(title, " ", 1) if title else part for part in (text, after))
    season, media_type = _series(rest)
    return Title(kind, title, _year(rest, rest_after), media_type, season)


def _plain(raw: str) -> str:
    """The text with one kind of bar and dash, without what cannot be seen and without tags ("#shorts")."""
    text = trade.INVISIBLE.sub("", raw[:_LONGEST]).replace('\\"', '"').replace("\\", '"')
    text = trade.DASH.sub(" - ", trade.BAR.sub(" | ", trade.HASHTAG.sub(r"\1", text)))
    return " ".join(text.split())


def _core(text: str) -> Match[str] | None:
    """The word of the trade that the marker ends in; None where there is none, or where trailers are spoken of."""
    found = list(trade.HARD.finditer(text)) or list(trade.SOFT.finditer(text))
    ending = (core for core in found if trade.ENDS_MARKER.match(text, core.end()))
    best = next(ending, None) or next((core for core in found if core.start()), None) or next(iter(found), None)
    several = trade.PLURAL.search(text)
    return None if best is None or (several and several.start() < best.start()) else best


def _kind(marker: str, after: str) -> str:
    """What the marker says it is: a "Teaser Trailer" is a teaser, and so is a "Trailer - Teaser"."""
    added = trade.KIND_ADDED.match(after)
    said = f"{marker} {added[1]}" if added else marker
    return next((kind for kind, word in trade.KINDS if word.search(said)), "trailer")


def _before_marker(before: str, near: bool) -> str:
    """What stands before the marker and the quoted name of a part. `near`: nothing parts it from the marker."""
    words = _unquoted(before).split()
    return _unquoted(" ".join(words[: _title_size(words, near)]))


def _unquoted(text: str) -> str:
    """Without the quoted name of a part at the end: "Harbour Light's 'Storm'". A studio's quoted film is the film."""
    text = text.rstrip()
    quoted = trade.QUOTED_END.search(text)
    film = text[: quoted.start()].rstrip(trade.EDGES) if quoted else ""
    if not quoted or not film:
        return text
    film = trade.OWNED.sub("", film)
    return quoted[0].strip() if trade.STUDIO.fullmatch(film) else film


def _title_size(words: Sequence[str], near: bool) -> int:
    """How many words stand before the marker."""
    size = _before_official(words)
    near = near and size == len(words)
    while size:
        step = 1 if words[size - 1] in trade.SEPARATORS else _marker_words(words, size, near)
        if not step:
            break
        size -= step
        near = near and words[size] not in trade.SEPARATORS and _word(words[size]) not in trade.OFFICIAL
    return 0 if size == 1 and _word(words[0]) in trade.NAMELESS else size


def _before_official(words: Sequence[str]) -> int:
    """How many words stand before "Official", whatever is between that and the end: "Official Heroes Trailer"."""
    for at in range(len(words) - 1, 0, -1):
        if words[at] in trade.SEPARATORS:
            break
        alone = at == 1 and _word(words[0]) in trade.NAMELESS
        if _word(words[at]) in trade.OFFICIAL and not alone:
            return at
    return len(words)


def _marker_words(words: Sequence[str], size: int, near: bool) -> int:
    """How many of the last words, of the first `size`, belong to the marker: 0, 1 or 2."""
    last, previous = _word(words[size - 1]), words[size - 2] if size > 1 else ""
    if size == 1:
        return int(last in trade.NAMELESS)
    pair = f"{_word(previous)} {last}"
    if size > 2 and (pair in trade.SURE or trade.NTH_ANNIVERSARY.fullmatch(pair)):
        return 2
    if last in trade.SURE or last in trade.OFFICIAL or _is_us(words[size - 1], previous):
        return 1
    if not near:
        return 0
    if last == "movie":
        return int(_is_no_title_with_movie(words[: size - 1]))
    subtitle = previous.endswith(":") and last in trade.SUBTITLES
    return int(last in trade.UNSURE and not subtitle and _word(previous) not in trade.ARTICLES)


def _is_us(word: str, previous: str) -> bool:
    """Whether it is the country of a "US Trailer": neither "The Light of US" nor "Harbour, USA"."""
    country = word.strip(trade.PUNCTUATION) in ("US", "U.S", "USA")
    return country and not previous.endswith(",") and _word(previous) not in trade.BEFORE_US


def _is_no_title_with_movie(words: Sequence[str]) -> bool:
    """Whether "Movie" after these words belongs to the marker: not in "The Harbour Movie" and "Scary Movie"."""
    before = _word(words[-1])
    if words[-1] in trade.SEPARATORS or before in trade.SURE - trade.ARTICLES:
        return True
    starts = [at for at in range(len(words)) if not at or words[at - 1].endswith(":")]
    clause = words[starts[-1] :]
    return len(clause) > 1 and _word(clause[0]) not in trade.ARTICLES


def _word(text: str) -> str:
    return text.strip(trade.PUNCTUATION).casefold()


def _without_season(name: str, text: str) -> str:
    """A series' name without its season; a film may be called "Hunting Season 2"."""
    season = None if trade.FILM.search(text, len(name)) else trade.SEASON.search(name)
    return name[: season.start()] if season and season.start() else name


def _film(text: str, named_part: bool = False) -> str | None:
    """The film's title in what stands before or behind the marker; None if nothing is left that can be read."""
    parts = [part for part in (part.strip(trade.EDGES) for part in text.split("|")) if part]
    if not parts:
        return None
    pieces = next((part for part in parts if not _is_aside(part)), parts[0]).split(" - ")
    if named_part and len(pieces) > 1:
        pieces.pop()
    while len(pieces) > 1 and _is_aside(pieces[0]):
        pieces.pop(0)
    while len(pieces) > 1 and _is_aside(pieces[-1]):
        pieces.pop()
    film = " - ".join(pieces)
    return _tidied(trade.MOVIE_AT_END.sub("", film) if named_part else film)


def _is_aside(text: str) -> bool:
    """Whether a part between bars or dashes is no title: a studio, a season, "In Cinemas May 5"."""
    return any(aside.fullmatch(text) for aside in (trade.STUDIO, trade.SEASON)) or bool(trade.NOTICE.match(text))


def _tidied(film: str) -> str | None:
    film = trade.NOISE_IN_BRACKETS.sub(" ", film)
    film = _bare(trade.OPENING_QUOTE.sub("", film[: _unclosed(film)]))
    film = trade.PERSONS_OWN.sub("", trade.STUDIOS_OWN.sub("", film))
    if inner := trade.WHOLLY_QUOTED.fullmatch(film) or trade.QUOTED_IN_CJK.search(film):
        film = inner[1]
    words = film.split()
    while words and trade.UNREADABLE.fullmatch(words[-1]):  # a dash or quote that was damaged
        words.pop()
    film = _bare(" ".join(words))
    readable = any(char.isalnum() for char in film) and not trade.DAMAGED.search(film)
    return film if readable else None


def _bare(text: str) -> str:
    """Without signs and pictures at the ends."""
    start, end = 0, len(text)
    while start < end and _is_edge(text[start]):
        start += 1
    while end > start and _is_edge(text[end - 1]):
        end -= 1
    return text[start:end]


def _is_edge(char: str) -> bool:
    return char in trade.EDGES or unicodedata.category(char) in ("So", "Sk", "Cn", "Co")


def _unclosed(text: str) -> int:
    """Where a bracket opens that is not closed; the end of the text if there is none."""
    open_at: list[int] = []
    for at, char in enumerate(text):
        if char in "([":
            open_at.append(at)
        elif char in ")]" and open_at:
            open_at.pop()
    return open_at[0] if open_at else len(text)


def _behind(after: str, only_bar: bool) -> str | None:
    """The film's title behind the marker: "Official Trailer: Harbour Light", "Trailer #1 | Harbour Light | STUDIO"."""
    words = trade.LEADING_SIGN.sub(r" \1 ", after).split()
    at = next((at for at, word in enumerate(words) if not trade.BESIDE_MARKER.fullmatch(word)), len(words))
    first = at
    while at < len(words) and (words[at] in trade.LEADING or (at == first and words[at] in trade.LED_BY)):
        at += 1
    if at == first or (only_bar and words[first] != "|"):
        return None
    text = " ".join(words[at:])
    dated = trade.YEAR_ENDING_TITLE.search(text)
    film = _film(text[: dated.start()] if dated else text)
    return None if film is None or _is_aside(film) else film


def _series(rest: str) -> tuple[int | None, MediaType | None]:
    """The season, and whether it is a series, from what stands beside the title."""
    if trade.FILM.search(rest):
        return None, MediaType.MOVIE
    season = trade.SEASON.search(rest)
    if season is None:
        return None, MediaType.TV if trade.SERIES.search(rest) else None
    number = next((group for group in season.groups() if group), None)
    return _number(number.casefold()) if number else None, MediaType.TV


def _number(text: str) -> int | None:
    for numbers in (trade.NUMBERS, trade.ORDINALS):
        if text in numbers:
            return numbers.index(text) + 1
    return int(text)


def _year(rest: str, after: str) -> int | None:
    """The film's year: the first in brackets beside the title, or else one that stands by itself behind the marker."""
    if trade.REISSUED.search(rest):
        return None
    found = [*trade.YEAR_BRACKETED.finditer(rest), *trade.YEAR_BARE.finditer(after)]
    years = (int(next(group for group in year.groups() if group)) for year in found)
    return next((year for year in years if _FIRST_YEAR <= year <= _LAST_YEAR), None)
