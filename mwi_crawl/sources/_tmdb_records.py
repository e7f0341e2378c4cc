"""What a TMDb details answer says of a film or series, as records.

Each part of the answer has one function. `None` from it means that the part is not in the answer, so that nothing is
said about its kind; an empty list means that TMDb has none. A row that lacks what its key needs is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from mwi_crawl.model import Record, Value
from mwi_crawl.sources._tmdb_credits import creators, credits, people
from mwi_crawl.sources._tmdb_values import image_url, language
from mwi_crawl.sources._values import (
    Fields,
    Json,
    day,
    fields,
    flag,
    keyed,
    listed,
    moment,
    number,
    positive,
    prose,
    rows,
    text,
    whole,
    whole_day,
    year,
)

Part = list[Record] | None

RELEASE_KINDS = {1: "premiere", 2: "limited", 3: "theatrical", 4: "digital", 5: "physical", 6: "tv"}
_CERTIFIED_BY = (3, 2, 4, 5, 6, 1)  # whose certificate is the film's: festival copies are often shown unrated
_ENDED = ("Ended", "Canceled")
_IMAGES = {"posters": "poster", "backdrops": "backdrop", "logos": "logo"}


def details(answer: Fields, media: str, region: str) -> tuple[tuple[str, ...], tuple[Record, ...]]:
    """The kinds about which the answer is complete, and its records. `media` is `movie` or `tv`."""
    said = {kind: part(answer) for kind, part in _PARTS.items()}
    said["credits"] = credits(answer)
    said["similar_films"] = _similar(answer, media)
    said["release_dates"] = _release_dates(answer) if media == "movie" else None
    said["film_facts"] = [facts(answer, media, region)]
    complete = tuple(sorted(kind for kind, records in said.items() if records is not None))
    records = [*people(answer), *creators(answer), *(record for kind in sorted(said) for record in said[kind] or ())]
    return complete, tuple(records)


def facts(answer: Fields, media: str, region: str) -> Record:
    """The film_facts row. Raises ValueError if the answer names no title: then it is no details answer."""
    values = _common_facts(answer) | (_series_facts(answer) if media == "tv" else _film_facts(answer))
    values["certificate"] = _certificate(answer, region)
    if values["title"] is None:
        raise ValueError("the answer has no title")
    return Record("film_facts", values)


def _common_facts(answer: Fields) -> dict[str, Value]:
    return {
        "status": text(answer.get("status")),
        "original_language": language(answer.get("original_language")),
        "overview": prose(answer.get("overview")),
        "tagline": text(answer.get("tagline")),
        "popularity": number(answer.get("popularity")) or None,
        "adult": flag(answer.get("adult")),
        "poster_url": image_url(answer.get("poster_path")),
        "backdrop_url": image_url(answer.get("backdrop_path")),
        "homepage": text(answer.get("homepage")),
    }


def _film_facts(answer: Fields) -> dict[str, Value]:
    series = fields(answer.get("belongs_to_collection"))
    return {
        "title": text(answer.get("title")) or text(answer.get("original_title")),
        "original_title": text(answer.get("original_title")),
        "title_type": "video" if answer.get("video") is True else "movie",
        "release_date": day(answer.get("release_date")),
        "release_year": year(answer.get("release_date")),
        "runtime_minutes": positive(answer.get("runtime")),
        "budget_usd": positive(answer.get("budget")),
        "revenue_usd": positive(answer.get("revenue")),
        "collection_id": positive(series.get("id")),
        "collection": text(series.get("name")),
    }


def _series_facts(answer: Fields) -> dict[str, Value]:
    over = answer.get("in_production") is False or answer.get("status") in _ENDED
    lengths = answer.get("episode_run_time")
    return {
        "title": text(answer.get("name")) or text(answer.get("original_name")),
        "original_title": text(answer.get("original_name")),
        "title_type": text(answer.get("type")),
        "release_date": day(answer.get("first_air_date")),
        "release_year": year(answer.get("first_air_date")),
        "end_year": year(answer.get("last_air_date")) if over else None,
        "runtime_minutes": next(filter(None, map(positive, lengths if isinstance(lengths, list) else ())), None),
        "seasons": positive(answer.get("number_of_seasons")),
        "episodes": positive(answer.get("number_of_episodes")),
    }


def _certificate(answer: Fields, region: str) -> str | None:
    """The age rating in one country: of its cinema release, or the best known other one."""
    for rating in listed(answer, "content_ratings", "results") or ():
        if rating.get("iso_3166_1") == region and (known := text(rating.get("rating"))):
            return known
    by_kind: dict[int | None, str] = {}
    for release in _releases(answer):
        if release["country"] == region and (certificate := text(release["of"].get("certification"))):
            by_kind.setdefault(whole(release["of"].get("type")), certificate)
    return next((by_kind[kind] for kind in _CERTIFIED_BY if kind in by_kind), None)


def _own(answer: Fields, name: str) -> list[Fields] | None:
    found = answer.get(name)
    return rows(found) if isinstance(found, list) else None


def _scores(answer: Fields) -> Part:
    if "vote_average" not in answer or "vote_count" not in answer:
        return None
    value, votes = number(answer["vote_average"]), positive(answer["vote_count"])
    if value is None or not 0 < value <= 10 or votes is None:
        return []
    return [Record("scores", {"system": "tmdb", "value": value, "scale": 10.0, "votes": votes})]


def _genres(answer: Fields) -> Part:
    found = _own(answer, "genres")
    genres = ({"genre": text(it.get("name")), "position": at} for at, it in enumerate(found or ()))
    return None if found is None else keyed("film_genres", genres, ["genre"])


def _countries(answer: Fields) -> Part:
    found = _own(answer, "production_countries")
    countries: Iterable[dict[str, Value]] = (
        {"country": text(it.get("iso_3166_1")) or text(it.get("name")), "name": text(it.get("name")), "position": at}
        for at, it in enumerate(found or ())
    )
    if found is None and isinstance(codes := answer.get("origin_country"), list):
        # old answers about series have no more than the codes
        found = []
        countries = ({"country": text(code), "name": None, "position": at} for at, code in enumerate(codes))
    return None if found is None else keyed("film_countries", countries, ["country"])


def _languages(answer: Fields) -> Part:
    found = _own(answer, "spoken_languages")
    spoken = (
        {
            "language": language(it.get("iso_639_1")),
            "name": text(it.get("english_name")) or text(it.get("name")),
            "position": at,
        }
        for at, it in enumerate(found or ())
    )
    return None if found is None else keyed("film_languages", spoken, ["language"])


def _companies(answer: Fields) -> Part:
    found = _own(answer, "production_companies")
    companies = (
        {"company": text(it.get("name")), "country": text(it.get("origin_country")), "position": at}
        for at, it in enumerate(found or ())
    )
    return None if found is None else keyed("film_companies", companies, ["company"])


def _keywords(answer: Fields) -> Part:
    found = listed(answer, "keywords", "keywords", "results")
    keywords = ({"keyword": text(it.get("name"))} for it in found or ())
    return None if found is None else keyed("film_keywords", keywords, ["keyword"])


def _alternative_titles(answer: Fields) -> Part:
    found = listed(answer, "alternative_titles", "titles", "results")
    titles = (
        {
            "title": text(it.get("title")),
            "country": text(it.get("iso_3166_1")) or "",
            "kind": text(it.get("type")) or "",
        }
        for it in found or ()
    )
    return None if found is None else keyed("alternative_titles", titles, ["title"])


def _videos(answer: Fields) -> Part:
    found = listed(answer, "videos", "results")
    videos = (
        {
            "site": text(it.get("site")),
            "video_key": text(it.get("key")),
            "name": text(it.get("name")),
            "kind": text(it.get("type")),
            "language": language(it.get("iso_639_1")),
            "official": flag(it.get("official")),
            "published_at": moment(it.get("published_at")),
        }
        for it in found or ()
    )
    return None if found is None else keyed("videos", videos, ["site", "video_key"])


def _images(answer: Fields) -> Part:
    lists = {kind: listed(answer, "images", name) for name, kind in _IMAGES.items()}
    images = (_image(kind, it) for kind, found in lists.items() for it in found or ())
    return None if all(found is None for found in lists.values()) else keyed("images", images, ["path"])


def _image(kind: str, image: Fields) -> dict[str, Value]:
    votes = positive(image.get("vote_count"))
    return {
        "kind": kind,
        "path": text(image.get("file_path")),
        "width": positive(image.get("width")),
        "height": positive(image.get("height")),
        "language": language(image.get("iso_639_1")),
        "score": number(image.get("vote_average")) if votes else None,
        "votes": votes,
    }


def _releases(answer: Fields) -> Iterator[dict[str, Json]]:
    for country in listed(answer, "release_dates", "results") or ():
        for release in rows(country.get("release_dates")):
            yield {"country": text(country.get("iso_3166_1")), "of": release}


def _release_dates(answer: Fields) -> Part:
    if listed(answer, "release_dates", "results") is None:
        return None
    releases = (
        {
            "country": release["country"],
            "kind": RELEASE_KINDS.get(whole(release["of"].get("type")) or 0),
            "released_on": whole_day(release["of"].get("release_date")),
            "certificate": text(release["of"].get("certification")),
            "note": text(release["of"].get("note")) or "",
        }
        for release in _releases(answer)
    )
    return keyed("release_dates", releases, ["country", "kind", "released_on"])


def _similar(answer: Fields, media: str) -> Part:
    found = listed(answer, "similar", "results")
    films = (
        {
            "scheme": f"tmdb_{media}",
            "value": str(known) if (known := positive(it.get("id"))) else None,
            "title": text(it.get("title")) or text(it.get("name")),
            "release_year": year(it.get("release_date")) or year(it.get("first_air_date")),
            "position": at,
        }
        for at, it in enumerate(found or ())
    )
    return None if found is None else keyed("similar_films", films, ["value"])


_PARTS: Mapping[str, Callable[[Fields], Part]] = {
    "alternative_titles": _alternative_titles,
    "film_companies": _companies,
    "film_countries": _countries,
    "film_genres": _genres,
    "film_keywords": _keywords,
    "film_languages": _languages,
    "images": _images,
    "scores": _scores,
    "videos": _videos,
}

KINDS = tuple(sorted((*_PARTS, "credits", "film_facts", "people", "release_dates", "similar_films")))
"""Every record kind a details answer can give."""
