"""Which source is believed about which field of a film: the one place where that is decided, and why.

A field is a column of a table that holds one row, or several, per film and source. The first source of its list that
says anything is believed; where that is a list (genres, cast), its whole list is taken, since two lists mixed are
neither's. Sources that are not named come last, by their names: an upstream that was added as one file is heard where
nobody else says anything. `[aggregate.precedence]` in config.toml puts other sources in the place of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a film: where it is stored, and who is believed about it, best first.

    `where` narrows the table's rows to those that mean this field. A listed field has a value per row, in the order
    of the column `order`; a column that ends in `person_id` stands for that person's name.
    """

    name: str
    table: str
    column: str
    sources: tuple[str, ...]
    reason: str
    where: tuple[tuple[str, str], ...] = ()
    listed: bool = False
    order: str | None = None
    spoiler: bool = False  # its values tell how a film ends


def _fact(name: str, sources: str, reason: str, column: str = "") -> Field:
    return Field(name, "film_facts", column or name, tuple(sources.split()), reason)


def _score(name: str, system: str, column: str, sources: str, reason: str) -> Field:
    return Field(name, "scores", column, tuple(sources.split()), reason, (("system", system),))


def _list(name: str, table: str, column: str, sources: str, reason: str, order: str | None = "position") -> Field:
    return Field(name, table, column, tuple(sources.split()), reason, listed=True, order=order)


def _people(name: str, job: str, sources: str, reason: str) -> Field:
    of_job = (("job", job),)
    return Field(name, "credits", "person_id", tuple(sources.split()), reason, of_job, listed=True, order="billing")


_ALL = (
    _fact("title", "tmdb imdb_datasets omdb imdb letterboxd", "TMDb's is in the language that was set."),
    _fact("original_title", "tmdb imdb_datasets imdb letterboxd", "TMDb keeps its script; IMDb writes Latin letters."),
    _fact("title_type", "imdb_datasets imdb omdb tmdb", "IMDb tells shorts, videos and television films apart."),
    _fact("release_date", "tmdb omdb imdb", "TMDb's is the first anywhere; the others' depends on a country."),
    _fact("release_year", "imdb_datasets tmdb imdb omdb letterboxd", "IMDb's counts the first showing, as exports do."),
    _fact("end_year", "imdb_datasets tmdb omdb imdb", "IMDb says it only of a series that has ended."),
    _fact("runtime", "imdb_datasets tmdb omdb imdb letterboxd", "IMDb's is of the first cut.", "runtime_minutes"),
    _fact("seasons", "tmdb omdb imdb_datasets imdb", "TMDb counts those that were shown or announced."),
    _fact("episodes", "tmdb imdb_datasets imdb", "TMDb counts those that were shown or announced."),
    _fact("status", "tmdb imdb", "TMDb says it of every film, in the same few words."),
    _fact("original_language", "tmdb letterboxd", "TMDb names one, by its code."),
    _fact("overview", "tmdb omdb imdb letterboxd", "TMDb's is in the language that was set and may be shown."),
    _fact("tagline", "tmdb letterboxd imdb", "TMDb's is in the language that was set."),
    _fact("certificate", "tmdb omdb imdb", "TMDb's is of the country that was set; OMDb's always of the US."),
    _fact("budget", "tmdb imdb", "TMDb's is in dollars.", "budget_usd"),
    _fact("revenue", "tmdb imdb", "TMDb's is in dollars, worldwide.", "revenue_usd"),
    _fact("box_office", "omdb imdb", "OMDb's is of the US and Canada, as Box Office Mojo counts.", "box_office_usd"),
    _fact("popularity", "tmdb", "The figure means something only beside other films' at the same source."),
    _fact("awards", "omdb", "OMDb has them in one sentence for almost every film."),
    _fact("awards_won", "omdb imdb", "It is read from that sentence."),
    _fact("award_nominations", "omdb imdb", "It is read from that sentence."),
    _fact("collection", "tmdb", "Nobody else groups films into series."),
    _fact("adult", "imdb_datasets tmdb imdb", "IMDb marks it on every title."),
    _fact("poster", "tmdb omdb imdb letterboxd", "TMDb's is the largest and may be shown.", "poster_url"),
    _fact("backdrop", "tmdb letterboxd", "TMDb's is the largest and may be shown.", "backdrop_url"),
    _fact("homepage", "tmdb omdb", "TMDb's is looked after."),
    _score("rating", "imdb", "value", "imdb_datasets imdb omdb", "The dataset is made anew every day by IMDb itself."),
    _score("votes", "imdb", "votes", "imdb_datasets imdb omdb", "They go with that rating."),
    _score("tmdb_rating", "tmdb", "value", "tmdb", "It is TMDb's own."),
    _score("tmdb_votes", "tmdb", "votes", "tmdb", "They go with that rating."),
    _score("metascore", "metacritic", "value", "omdb imdb", "OMDb may be asked for it; IMDb's pages may not."),
    _score("rotten_tomatoes", "rotten_tomatoes", "value", "omdb", "Only OMDb passes it on."),
    _score("letterboxd_rating", "letterboxd", "value", "letterboxd", "It is Letterboxd's own."),
    _list("genres", "film_genres", "genre", "tmdb imdb omdb imdb_datasets letterboxd", "The dataset stops at three."),
    _list("countries", "film_countries", "country", "tmdb imdb omdb letterboxd", "TMDb's are codes, OMDb's names."),
    _list("languages", "film_languages", "language", "tmdb imdb omdb letterboxd", "TMDb's are codes, OMDb's names."),
    _list("keywords", "film_keywords", "keyword", "tmdb imdb", "TMDb's are kept tidy by its editors.", None),
    _list("companies", "film_companies", "company", "tmdb", "Nobody else names them."),
    _people("directors", "director", "tmdb imdb_datasets imdb omdb letterboxd", "TMDb's people have portraits."),
    _people("writers", "writer", "imdb_datasets imdb tmdb omdb", "TMDb keeps apart story, novel and screenplay."),
    _people("cast", "actor", "tmdb imdb imdb_datasets omdb letterboxd", "TMDb names all with their parts; OMDb four."),
    _list("warnings", "content_warnings", "topic", "ddd", "DoesTheDogDie asks the same of every film.", None),
    Field("deaths", "deaths", "actor", ("cinemorgue",), "Nobody else keeps them.", listed=True, spoiler=True),
)

FIELDS: Mapping[str, Field] = {field.name: field for field in _ALL}
"""Every field by its name."""
DEFAULTS: Mapping[str, tuple[str, ...]] = {field.name: field.sources for field in _ALL}
"""Field → whom to believe, unless config.toml says otherwise."""
SOURCES = frozenset(source for field in _ALL for source in field.sources)
"""Every source that is believed about something, whether this version can ask it or not."""


def choose(order: Iterable[str], said: Mapping[str, Said | None]) -> str | None:
    """The first source that says anything (`said`: source → value or list), those in `order` first; None: none does."""
    return next((source for source in (*order, *sorted(said)) if says(said.get(source))), None)


def says(value: object) -> bool:
    """Whether a value says anything: neither unknown nor an empty list or text. 0 and false do."""
    return value is not None and (not isinstance(value, str | Sequence) or len(value) > 0)


def rule(field: str, order: Iterable[str]) -> str:
    """The rule in words: `runtime = imdb_datasets > tmdb > omdb`."""
    return f"{field} = {' > '.join(order)}"
