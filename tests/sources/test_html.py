"""Pages of HTML: what is too large or too deep to be opened, how bytes become text, and how a wall is known."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mwi_crawl.model import Response
from mwi_crawl.sources._html import MAX_ATTRIBUTES, MAX_DEPTH, MAX_SIZE, decoded, document, linked_data, script, wall

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"
PAGES = sorted(RECORDINGS.glob("*/*.html"))
ATTRIBUTES = " ".join(f"a{number}" for number in range(40_000))
HOSTILE = {
    "nested": "<div>" * 300_000,
    "nested behind end tags that close nothing": "<span><div></span></div>" * 100_000,
    "nested behind a barrier": "<div><object></div></object>" * 100_000,
    "nested by what would end itself in a drawing": "<div/>" * 300_000,
    "nested in a drawing": "<svg>" + "<g>" * 300_000,
    "nested in a drawing's style": "<svg><style>" + "<div>" * 300_000,
    "nested after a drawing that a paragraph ended": "<svg><p>" + "<path/>" * 300_000,
    "attributes": f"<a {ATTRIBUTES}>",
    "attributes after a quoted end": f'<a title=">" {ATTRIBUTES}>',
    "attributes of a tag without end": f"<a {ATTRIBUTES}",
    "attributes with slashes between": f"<a {ATTRIBUTES.replace(' ', '/')}>",
    "attributes of an end tag": f"</a {ATTRIBUTES}>",
    "too large": " " * (MAX_SIZE + 1),
}
HARMLESS = {
    "an unclosed quote": '<a b="' + "'x " * 300_000,
    "only brackets": "<" * (MAX_SIZE - 1),
    "unclosed comments": "<!--" * 700_000,
    "unclosed scripts": "<script>" * 300_000,
    "a list without end tags": "<ul>" + "<li>one" * 20_000 + "</ul>",
    "paragraphs without end tags": "<p>one" * 20_000,
    "a script with markup": "<script>" + "'<div>'+" * 20_000 + "</script>",
    "a comment with markup": "<!--" + "<div>" * 20_000 + "-->",
    "a drawing": "<svg>" + "<path d='M0 0'/>" * 20_000 + "</svg>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_refused_before_it_is_parsed(name: str):
    began = time.perf_counter()
    with pytest.raises(ValueError, match=r"^hostile_html"):
        document(HOSTILE[name].encode())
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize("name", HARMLESS)
def test_an_odd_page_is_opened_in_little_time(name: str):
    began = time.perf_counter()
    document(HARMLESS[name].encode())
    assert time.perf_counter() - began < 5


def test_what_is_just_within_the_limits_is_opened():
    assert document(b"<div>" * MAX_DEPTH)
    assert document(b"<a " + b" ".join(b"a%d" % number for number in range(MAX_ATTRIBUTES)) + b">")
    with pytest.raises(ValueError, match="inside each other"):
        document(b"<div>" * (MAX_DEPTH + 1))
    with pytest.raises(ValueError, match="attributes"):
        document(b"<a " + b" ".join(b"a%d" % number for number in range(MAX_ATTRIBUTES + 1)) + b">")


def test_a_smaller_limit_of_size_can_be_set():
    with pytest.raises(ValueError, match="hostile_html: 7 bytes"):
        document(b"<p>abcd", max_size=6)


@settings(max_examples=300, deadline=2000, derandomize=True)
@given(
    st.lists(st.sampled_from(["<div>", "</div>", "<svg>", "<p/>", "<", ">", '"', "'", "=", " a", "<!--", "-->", "/"]))
)
def test_no_mixture_of_markup_makes_the_look_ahead_fail(parts: list[str]):
    document("".join(parts).encode())


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("\ufeff<p>é".encode(), "<p>é"),
        ("\ufeff<p>é".encode("utf-16-le"), "<p>é"),
        ("<p>é".encode(), "<p>é"),
        (b'<meta charset="utf-8"><p>\xc3\xa9', '<meta charset="utf-8"><p>é'),
        (b'<meta charset="ISO-8859-1"><p>\xe9\x96', '<meta charset="ISO-8859-1"><p>é–'),
        (b'<meta http-equiv=x content="text/html; charset=windows-1252">\x80', None),
        (b"<meta charset=iso-8859-99><p>\xe9", "<meta charset=iso-8859-99><p>\ufffd"),
        (b"<meta charset=zlib><p>\xff", "<meta charset=zlib><p>\ufffd"),
        (b"<p>\xff", "<p>\ufffd"),
    ],
)
def test_a_page_is_read_in_its_own_character_set(body: bytes, text: str | None):
    assert decoded(body) == text if text else decoded(body).endswith("€")


@pytest.mark.parametrize(
    ("status", "headers", "body", "mark"),
    [
        (202, {"x-amzn-waf-action": "challenge"}, b"", "x-amzn-waf-action"),
        (405, {"x-amzn-waf-action": "captcha"}, b"", "x-amzn-waf-action"),
        (403, {"cf-mitigated": "challenge"}, b"", "cf-mitigated"),
        (200, {}, b"<script>window.gokuProps = {}", "gokuprops"),
        (200, {}, b'<div id="challenge-container"></div>', 'id="challenge-container"'),
        (403, {}, b"<title>Just a moment...</title>", "<title>just a moment...</title>"),
        (403, {}, b"window._cf_chl_opt={}", "_cf_chl_opt"),
        (429, {}, b"The owner has used Cloudflare to restrict access", "used cloudflare to restrict access"),
        (200, {}, b"a robot, a captcha and a challenge of Cloudflare", None),
        (200, {}, b"<script src=/cdn-cgi/challenge-platform/scripts/jsd/main.js>", None),
        (200, {}, b"gokuProps" + b" " * 200_000, None),
        (403, {}, b"", None),
    ],
)
def test_a_wall_is_known_by_exact_marks(status: int, headers: dict[str, str], body: bytes, mark: str | None):
    assert wall(Response(status, headers, body)) == mark


def test_a_wall_is_still_known_by_the_mark_alone():
    for body in (b"GOKUPROPS", b"/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page"):
        mark = wall(Response(200, {}, body))
        assert mark is not None
        assert wall(Response(200, {}, mark.encode())) == mark


def test_linked_data_is_read_in_spite_of_its_traps():
    tree = document(
        b'<script type="application/ld+json">{"a": "line\nbreak &amp; &quot;x&quot;", "b": ["&apos;"]}</script>'
        b'<script type="application/ld+json">{ruins</script>'
        b'<script type="application/ld+json">/*<![CDATA[*/ {"c": 1} /*]]>*/</script>'
        b'<script type="application/ld+json">{"@graph": [{"d": 1}, 2, {"e": 2}]}</script>'
        b'<script type="application/ld+json">[{"f": 3}, null]</script>'
        b'<script type="application/ld+json"></script><script>{"g": 1}</script>'
    )
    assert [*linked_data(tree)] == [
        {"a": 'line\nbreak & "x"', "b": ["'"]},
        {"c": 1},
        {"d": 1},
        {"e": 2},
        {"f": 3},
    ]


def test_the_text_of_a_script_is_not_touched():
    tree = document(b'<script id="x"> {"a": "&amp; <b>"} </script>')
    assert script(tree, "#x") == ' {"a": "&amp; <b>"} '
    assert script(tree, "#y") is None


@pytest.mark.skipif(not PAGES, reason="the recordings are not beside this checkout")
@pytest.mark.parametrize("path", PAGES, ids=[f"{path.parent.name}-{path.stem}" for path in PAGES])
def test_a_recorded_page_is_opened_and_only_a_recorded_wall_is_one(path: Path):
    body = path.read_bytes()
    assert document(body).root is not None
    is_wall = path.name.startswith(("error_waf", "error_cloudflare"))
    assert (wall(Response(200, {}, body)) is not None) == is_wall
