"""The words of the trade that titles of trailers are made of, for _youtube_titles.

Only what any studio or channel writes: no list here has the name of a film. Every pattern takes time in proportion to
the text.
"""

from __future__ import annotations

import re

NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


def _any(words: str) -> frozenset[str]:
    return frozenset(words.split("|"))


OFFICIAL = _any(  # anything may stand between these and "Trailer": "Official Heroes Trailer"
    "official|officiel|officielle|oficial|ufficiale|offizieller|officiële|officiell|ultimate"
)
SURE = _any(  # words of the trade that no title ends in
    "trailer|teaser|tráiler|featurette|clip|clips|hd|uhd|4k|720p|1080p|imax|uk|int'l|int’l|int.'l|deutscher|redband"
    "|red-band|green-band|red band|green band|super bowl|big game|comic-con|nycc|wondercon|theatrical|nsfw|uncensored"
    "|promo|pop-up|pop up|sneak peek|sneak peak|sneak preview|full length|feature film|teaser to|teaser for|all clips"
    "|blu-ray|bluray|dvd|release|limited release|re-release|rerelease|3d re-release|imax 3d|remastered|4k restoration"
    "|miniseries|minisérie|mini-series|docuseries|limited series|mini series|original series|tv series|new series"
    "|event series|the|&"
)
UNSURE = _any(  # words that titles end in too
    "final|new|nuevo|nuovo|neuer|full|first|1st|2nd|3rd|primer|segundo|second|third|main|메인|공식|original|domestic"
    "|international|extended|exclusive|alternate|special|announcement|launch|debut|premiere|festival|anniversary"
    "|restoration|restored|documentary|series|tv|long|preview|full-length|japanese|korean|chinese|russian|spanish"
    "|french|german|italian|australian|indian|portuguese|norwegian|dutch"
)
ARTICLES = _any("a|an|the|le|la|les|der|die|das|el|los|il")
NAMELESS = (  # no film is called that alone
    ARTICLES
    | OFFICIAL
    | _any("trailer|teaser|hd|4k|movie|new|final|full|first|second|main|exclusive|theatrical|watch|see")
)
SUBTITLES = _any("international")  # "Harbour Police: International"
BEFORE_US = _any("of|for|with|to|and|than|like|about|in|on|between|among|against|from|around|let|by")
SEPARATORS = _any("-|:|/") | {"|"}
EDGES = " -|:,;/~_"
PUNCTUATION = "()[]{}.,:;!*\"'“”‘’«»"

INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0f\ufeff]+")
DAMAGED = re.compile("[\x80-\x9f\ud800-\udfff\ufffd]")
BAR = re.compile(r"[|｜│¦]|(?<=\s)(?:l|•|·|//|►|▶)(?=\s)")  # a small L is IFC's
DASH = re.compile(r"(?<=\s)[-‐‑‒–—―]+(?=\s)|(?<=\s)[–—―]|[–—―](?=\s)|—")
HASHTAG = re.compile(r"(?<=\s)#(?=[^\W\d])(?:(trailer|teaser)\b|\w+)", re.IGNORECASE)
QUOTED_END = re.compile(r"\s[\"“”«„‘'](?=\S)[^\"“”«»„]*[\"”“»’']$")
WHOLLY_QUOTED = re.compile('["“«„‘\']([^"“”«»„]+)["”»’\'“]')
QUOTED_IN_CJK = re.compile("[『「《]([^『』「」《》]+)[』」》]")
OPENING_QUOTE = re.compile("\\s[\"“«„'‘]+$")
OWNED = re.compile(r"['’]s?$")
MOVIE_AT_END = re.compile(r" movie$", re.IGNORECASE)
NTH_ANNIVERSARY = re.compile(r"\d{1,3}(?:st|nd|rd|th) anniversary")
UNREADABLE = re.compile("[^A-Za-z0-9]*[\x80-\x9f\ufffd][^A-Za-z0-9]*")

HARD = re.compile(
    r"(?<!\w)(?:trailer|tráiler|teaser|bande[- ]annonce|featurette|clip|(?:tv|super bowl|big game|official)[- ]spot"
    r"|трейлер|тизер|zwiastun|fragman)(?!\w)|予告編?|예고편",
    re.IGNORECASE,
)
SOFT = re.compile(  # what titles are made of too ("The Interview"): only where nothing else is said
    r"(?<!\w)(?:sneak pee?a?k|first look|behind the scenes|making of|interview|b-roll|bloopers|gag reel|vignette"
    r"|deleted scene|opening scene|extended preview|inside look)(?!\w)",
    re.IGNORECASE,
)
ENDS_MARKER = re.compile(r"\s*(?:$|[^\w\s&]|\d|(?:hd|4k|uhd|for|to|sneak)\b)", re.IGNORECASE)
KINDS = (  # the first whose word is in the marker
    (
        "featurette",
        re.compile(r"featurette|behind the|making of|interview|b-roll|vignette|(?:first|inside) look", re.I),
    ),
    ("clip", re.compile(r"\b(?:clip(?! &)|scene|extended preview|gag reel|bloopers)\b|sneak pee?a?k$", re.I)),
    ("spot", re.compile(r"\bspot$", re.I)),
    ("teaser", re.compile("teaser|тизер", re.I)),
)
KIND_ADDED = re.compile(r"\W{0,4}(teaser|featurette|spot)\b", re.IGNORECASE)
SEVERAL = re.compile(
    r"^(?:the )?top \d+\b(?! (?:official|trailer|teaser))|\b(?:best|all|new) upcoming\b|\bupcoming (?:movies|films)\b"
    r"|\b(?:trailers?|teasers?) (?:#?\d+ )?(?:sex )?(?:reactions?|review|breakdown|analysis|explained|comparison|recut"
    r"|parody|mash-?up|compilation|round-?up|mix|music|song|trivia|easter eggs)\b|\breacts? to\b"
    r"|\b(?:parody|honest|fake|fan|fan[- ]made|concept|recut|mash-?up|trilogy|franchise) "
    r"(?:movie )?(?:trailer|teaser)|\bultimate (?:[\w'’]+ ){0,4}(?:saga|trilogy)\b|\b(?:franchise|series) - ultimate\b"
    r"|\bfan[- ](?:made|edit)\b|\bfranchise mash-?up\b|\bgiveaway\b|\bending explained\b",
    re.IGNORECASE,
)
PLURAL = re.compile(r"\btrailers\b", re.IGNORECASE)

MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
DIGITS = r"((?:18|19|20|21)\d\d)(?!\d)"
YEAR_ENDING_TITLE = re.compile(
    rf"(?<=\S)\s?[(\[](?:(?:movie|film|series|hbo|netflix) |[\w.' -]{{2,40}}, )?{DIGITS}"
    r"(?:\s?[-–]\s?\d{0,4})?(?: [\w -]{1,20})?[)\]]",
    re.IGNORECASE,
)
YEAR_BRACKETED = re.compile(rf"[(\[](?:[\w.,' ]{{0,16}}[ ,])?{DIGITS}[^()\[\]]{{0,32}}(?:[)\]]|$)")
YEAR_BARE = re.compile(
    rf"^(?:[\s#|:-]|\b\d{{1,2}}\b|\b(?:HD|4K|UHD)\b)*{DIGITS}\b|[|-] {DIGITS}(?= ?(?:[|-]|$))"
    rf"|\b(?:in|cinemas|theat\w+|coming|summer|spring|fall|autumn|winter|christmas|(?:{MONTHS})[a-z]{{0,6}})[ .,]+"
    rf"(?:\d{{1,2}}(?:st|nd|rd|th)?,? )?{DIGITS}\b",
    re.IGNORECASE,
)
REISSUED = re.compile(
    r"\b(?:re-?releases?d?|re-?issue|anniversary|restor(?:ed|ation)|remaster(?:ed)?|(?:back|return(?:s|ing)?) (?:in|to)"
    r" (?:the )?(?:theat\w+|cinemas))\b",
    re.IGNORECASE,
)
SEASON = re.compile(
    rf"(?<!\w)(?:the )?(?:(?:season|staffel|saison|temporada|stagione|series) (\d{{1,2}}|{'|'.join(NUMBERS)})"
    rf"|(?-i:S)(\d{{1,2}})(?: ?E\d+)?|(\d{{1,2}})(?:st|nd|rd|th) season|({'|'.join(ORDINALS)}) season"
    r"|(?:final|last|new) season)(?!\w)",
    re.IGNORECASE,
)
SERIES = re.compile(
    r"\b(?:tv|television|limited|mini|original|new|anthology|event|drama|comedy|netflix|hbo|hulu)[- ]series\b"
    r"|\b(?:miniseries|minisérie|docuseries|tv show|episode \d+)\b|\bseries (?:premiere|finale|trailer|teaser)\b"
    r"|\bseason (?:premiere|finale)\b",
    re.IGNORECASE,
)
FILM = re.compile(r"\b(?:movie|film)\b(?! (?:fest|club|news|institute|independent|trailers|clips))", re.IGNORECASE)

STUDIO = re.compile(
    r"(?:the )?(?:[\w.&'’+-]+ ){0,4}(?:pictures|films|studios?|entertainment|features|releasing|distribution|network"
    r"|trailers|movies)(?: [a-z]{2,14})?|movieclips\b.*|rotten tomatoes\b.*|(?:netflix|hbo|bbc|lionsgate|universal|sony"
    r"|marvel|dreamworks|studiocanal|criterion|20th century|warner bros\.?)(?: \w+)?|a24|mubi|neon|shudder|max|hulu"
    r"|amc\+?|ifc|bfi|peacock|apple tv\+?|(?:amazon )?prime(?: video)?|disney ?\+?|pixar|paramount ?\+?|dc|blumhouse"
    r"|searchlight|focus|gkids|tiff|sxsw|starz|curzon|bleecker street|kino lorber|vertical|showtime|fx|syfy"
    r"|crunchyroll|lucasfilm",
    re.IGNORECASE,
)
STUDIOS_OWN = re.compile(
    r"(?:(?:[\w.]+ ){0,3}(?:pictures|studios|films|entertainment|animation)|(?:walt )?disney(?: and | & |[ •·.-]*)pixar"
    r"|(?:walt )?disney|pixar|marvel|illumination|dreamworks|blumhouse|netflix|lionsgate|a24|hbo|paramount|lucasfilm"
    r"|warner bros\.?)['’]s? (?=\S)",
    re.IGNORECASE,
)
# "Ann Actor's HARBOUR LIGHT": a person in mixed case, the title in capitals
PERSONS_OWN = re.compile(r"(?=[A-Z]+[a-z])[\w. -]{2,40}['’]s? (?=[^a-z]*[A-Z]{3}[^a-z]*$)")
NOTICE = re.compile(
    r"(?:now|only) (?:in|on|playing|streaming|showing)\b|coming (?:soon|to|in|this)\b"
    r"|in (?:select )?(?:theat|cinema|imax)"
    r"|(?:watch|stream|premieres?|premiering|available|starring|directed|subscribe|own it|based on|written by)\b"
    r"|on (?:digital|demand|dvd|blu|netflix|hbo|apple|prime)|(?:hd|4k|exclusive)$|a film by\b",
    re.IGNORECASE,
)
NOISE_IN_BRACKETS = re.compile(r"\s*[(\[](?:hd|4k|uhd|1080p|official|new|exclusive)[)\]]\s*", re.IGNORECASE)
LEADING_SIGN = re.compile(r"^\s*([:|)\]-])")
LEADING = frozenset(":|-)]")
LED_BY = _any("for|of|de|di|zu|zum|van")
BESIDE_MARKER = re.compile(
    r"(?:#?\d{1,2}|[(\[]\d{4}[)\]]|[(\[]?(?:hd|4k|uhd|teaser|oficial|ufficiale|officielle|deutsch|german|español"
    r"|castellano|legendado|dublado|vf|vostfr)[)\]]?)",
    re.IGNORECASE,
)
