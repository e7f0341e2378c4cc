"""IMDb's title pages about the demo's films, and the wall that IMDb puts in front of them.

The pages have the shape of those since 2023, with only what the parser and a person would look for. IMDb's ratings,
plots and pictures are not bundled: ratings are made up from the average in films.csv, plots are unknown.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from html import escape
from typing import Any

import orjson

from mwi_crawl.demo.films import Catalogue, Film
from mwi_crawl.demo.misbehaviour import Ask
from mwi_crawl.model import Response

ASKER = "203.0.113.7"
"""The network address (one of those for documentation) that every page claims to have been asked from."""

_TITLE = re.compile(r"/title/(tt\d{7,9})(/?)", re.ASCII)
_GENRES = {"Science Fiction": "Sci-Fi"}  # in IMDb's words
_HTML = {"content-type": "text/html;charset=utf-8", "set-cookie": "session-id=144-0000007-0000007; Secure"}
_ALLOWED = b"User-agent: *\nDisallow: /search\n"
_FORBIDDEN = b"User-agent: *\nDisallow: /\n"
_CHALLENGE = b"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title></title>
<script type="text/javascript">
window.awsWafCookieDomainList = [];
window.gokuProps = {"key":"demo","iv":"demo","context":"demo"};
</script>
<script src="https://demo.token.awswaf.com/demo/challenge.js"></script></head>
<body><div id="challenge-container"></div>
<noscript><h1>JavaScript is disabled</h1>We need to verify that you're not a robot.</noscript></body></html>
"""

Json = dict[str, Any]


class FakeImdb:
    """An IMDb that has the bundled films and `count` invented ones.

    After `wall_after` title pages it answers with a bot challenge, to everybody and for good, as the real one does.
    `forbidden`: its robots.txt is the real one, which allows nothing.
    """

    def __init__(self, count: int = 0, wall_after: int | None = None, *, forbidden: bool = False) -> None:
        self.films = Catalogue(count)
        self.wall_after = wall_after
        self.forbidden = forbidden
        self.served = 0

    def answer(self, ask: Ask) -> Response | None:
        """IMDb's answer; None for what is neither a title's page nor robots.txt."""
        if ask.path == "/robots.txt":
            return Response(200, {"content-type": "text/plain"}, _FORBIDDEN if self.forbidden else _ALLOWED)
        asked = _TITLE.fullmatch(ask.path)
        if asked is None:
            return None
        if self.wall_after is not None and self.served >= self.wall_after:
            return Response(202, {"content-type": "text/html", "x-amzn-waf-action": "challenge"}, _CHALLENGE)
        if not asked[2]:
            return Response(308, {"location": f"/title/{asked[1]}/"}, b"")
        self.served += 1
        film = self.films.get(asked[1])
        return Response(404, _HTML, _not_found()) if film is None else Response(200, _HTML, title_page(film))


def title_page(film: Film) -> bytes:
    """The title page about a film."""
    name, id = escape(film.title), film.imdb_id
    data = orjson.dumps(_data(film)).replace(b"<", b"\\u003c").decode()
    linked = orjson.dumps(_linked(film)).replace(b"<", b"\\u003c").decode()
    return (
        '<!DOCTYPE html><html lang="en-US" xmlns:og="http://opengraphprotocol.org/schema/"><head>'
        f'<meta charSet="utf-8"/><title>{name} ({film.year}) - IMDb</title>'
        f'<link rel="canonical" href="https://www.imdb.com/title/{id}/"/>'
        f'<meta property="og:type" content="video.movie"/><meta property="imdb:pageConst" content="{id}"/>'
        f'<script type="application/ld+json">{linked}</script>'
        "<script>var ue_id='DEMO0000000000000001',ue_sid='144-0000007-0000007';</script></head>"
        '<body id="styleguide-v2"><div id="__next"><main role="main"><section class="ipc-page-section">'
        f'<h1 data-testid="hero__pageTitle">{name}</h1>{_rendered(film)}</section></main></div>'
        f'<script id="__NEXT_DATA__" type="application/json">{data}</script></body></html>'
    ).encode()


def _rendered(film: Film) -> str:
    cast = "".join(
        f'<div data-testid="title-cast-item"><a href="/name/{_id(name)}/?ref_=tt_cl_t_{at}">{escape(name)}</a></div>'
        for at, name in enumerate(film.cast, 1)
    )
    genres = "".join(f"<a><span>{escape(_GENRES.get(it, it))}</span></a>" for it in film.genres)
    return f'<div data-testid="genres">{genres}</div><section data-testid="title-cast">{cast}</section>'


def _not_found() -> bytes:
    return (
        b'<!DOCTYPE html><html lang="en-US"><head><title>404 Error - IMDb</title></head>'
        b"<body><h1>404 Error</h1><p>The requested URL was not found on our server.</p></body></html>"
    )


def _data(film: Film) -> Json:
    page = {
        "tconst": film.imdb_id,
        "aboveTheFoldData": _above(film),
        "mainColumnData": _main(film),
        "requestContext": _asker(film),
    }
    return {
        "props": {"pageProps": page, "__N_SSP": True},
        "page": "/title/[tconst]",
        "query": {"tconst": film.imdb_id},
        "buildId": "demo",
    }


def _asker(film: Film) -> Json:
    """What a page tells of whoever asked for it."""
    place = {"userCountryCode": "US", "userLanguage": "en-US", "latitude": "40.0000", "longitude": "-75.0000"}
    return {
        "sidecar": {"localizationResponse": place, "sessionId": "144-0000007-0000007"},
        "pageConst": film.imdb_id,
        "headers": {"x-forwarded-for": ASKER, "cookie": "session-id=144-0000007-0000007"},
        "requestId": "DEMO0000000000000001",
        "ipAddress": ASKER,
    }


def _above(film: Film) -> Json:
    year, month, day = (int(part) for part in film.release_date.split("-"))
    directors = {"totalCredits": len(film.directors), "category": {"text": "Directors", "id": "director"}}
    return {
        "id": film.imdb_id,
        "titleText": {"text": film.title},
        "originalTitleText": {"text": film.original_title},
        "titleType": {"id": "movie", "text": "Movie", "isSeries": False, "isEpisode": False},
        "certificate": None,
        "releaseYear": {"year": year, "endYear": None},
        "releaseDate": {"day": day, "month": month, "year": year},
        "runtime": {"seconds": film.runtime * 60} if film.runtime else None,
        "ratingsSummary": _ratings(film),
        "primaryImage": None,
        "metacritic": None,
        "keywords": {
            "total": len(film.keywords),
            "edges": [{"node": {"text": word}} for word in film.keywords[:5]],
        },
        "genres": {"genres": [{"text": it, "id": it} for it in (_GENRES.get(it, it) for it in film.genres)]},
        "plot": None,
        "credits": {"total": len(film.directors) + len(film.cast)},
        "principalCredits": [directors | {"credits": [_credit(name) for name in film.directors]}],
    }


def _ratings(film: Film) -> Json:
    if not film.vote_count:
        return {"aggregateRating": None, "voteCount": 0}
    return {"aggregateRating": round(film.vote_average, 1) or None, "voteCount": film.vote_count * 31}


def _main(film: Film) -> Json:
    year, month, day = (int(part) for part in film.release_date.split("-"))
    cast = [_credit(name) | {"category": {"id": "actor"}, "characters": None} for name in film.cast]
    return {
        "id": film.imdb_id,
        "isAdult": False,
        "cast": {"edges": [{"node": node} for node in cast]},
        "directors": [{"category": {"text": "Directors"}, "credits": [_credit(name) for name in film.directors]}],
        "writers": [],
        "creators": [],
        "releaseDate": {"day": day, "month": month, "year": year, "country": {"id": "US", "text": "United States"}},
        "countriesOfOrigin": {"countries": [{"id": code} for code in film.countries]},
        "spokenLanguages": {"spokenLanguages": [{"id": code} for code in film.languages]},
        "productionBudget": _money("budget", film.budget),
        "worldwideGross": _money("total", film.revenue),
        "moreLikeThisTitles": {"edges": []},
        "episodes": None,
        "series": None,
    }


def _money(name: str, amount: int) -> Json | None:
    return {name: {"amount": amount, "currency": "USD"}} if amount else None


def _credit(name: str) -> Json:
    return {"name": {"id": _id(name), "nameText": {"text": name}, "primaryImage": None}, "attributes": None}


@lru_cache(65536)
def _id(name: str) -> str:
    """A stable made-up id, beyond IMDb's own."""
    return f"nm9{int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], 'big') % 100_000_000:08}"


def _linked(film: Film) -> Json:
    people = [{"@type": "Person", "url": f"/name/{_id(name)}/", "name": name} for name in film.cast]
    return {
        "@context": "https://schema.org",
        "@type": "Movie",
        "url": f"/title/{film.imdb_id}/",
        "name": film.original_title.replace("&", "&amp;").replace("'", "&apos;"),
        "genre": [_GENRES.get(it, it) for it in film.genres],
        "datePublished": film.release_date,
        "actor": people,
    }
