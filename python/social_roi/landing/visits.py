"""What is kept of URLs: UTM, the name of the first click id, and the host of a referrer."""

import re
from functools import cache
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus

import pyarrow as pa
import pyarrow.compute as pc

# The ids that ad platforms hang on a landing page; only their names are kept.
CLICK_IDS = (
    *("gclid", "gbraid", "wbraid", "fbclid", "ttclid", "li_fat_id", "msclkid", "ScCid", "twclid"),
    *("epik", "rdt_cid"),
)
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_id", "utm_content")
LONGEST = 500
# What stands where a value was never filled in.
NO_VALUE = re.compile(r"|\{.*\}|\[.*\]|<.*>|null|undefined|\(not set\)|\(not provided\)", re.I)
HOST = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?//(?:[^/?#]*@)?([^/?#:@\s]+)", re.IGNORECASE)


class Visit(NamedTuple):
    """UTM and the name of the click id that a URL holds."""

    utm_source: str | None = None
    utm_medium: str | None = None
    utm_campaign: str | None = None
    utm_id: str | None = None
    utm_content: str | None = None
    click_id_kind: str | None = None


@cache
def _parameters() -> re.Pattern[str]:
    names = "|".join((*UTM, *CLICK_IDS))
    return re.compile(rf"[?&#;]({names})=([^&#]*)", re.IGNORECASE)


@cache
def _long_click_ids() -> str:
    """Longer than any word for none: the value itself is not looked at."""
    return rf"(?i)([?&#;](?:{'|'.join(CLICK_IDS)})=)[\w-]{{11,}}[^&#]*"


def visit_of(url: str) -> Visit:
    """What a URL tells, however broken it is: of each parameter the first with a value."""
    found: dict[str, str] = {}
    for name, value in _parameters().findall(url):
        name = name.lower()
        if name.startswith("utm_"):
            text = clean(unquote_plus(value, errors="replace"))
            if text:
                found.setdefault(name, text)
        elif value and not NO_VALUE.fullmatch(unquote(value)):
            found.setdefault("click_id_kind", _click_ids()[name])
    return Visit(**found)


@cache
def _click_ids() -> dict[str, str]:
    return {name.lower(): name for name in CLICK_IDS}


def clean(text: str) -> str | None:
    """A value in one printable line of at most LONGEST characters; null if it is none."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    text = text.strip()[:LONGEST]
    return None if NO_VALUE.fullmatch(text) else text


def decoded(text: str) -> str | None:
    """A value that a log did not decode: `Spring%20Sale`."""
    if re.search("%[0-9A-Fa-f]{2}", text):
        text = unquote(text, errors="replace")
    return clean(text)


def visits_of(urls: pa.ChunkedArray) -> dict[str, pa.ChunkedArray]:
    """The columns of Visit for each URL. Path and click ids, which differ in each, are cut off
    before each distinct rest is read once."""
    rows = len(urls)
    nothing = pa.chunked_array([pa.nulls(rows, pa.string())])
    names = "|".join(("utm_", *CLICK_IDS))
    held = pc.fill_null(pc.match_substring_regex(urls, f"(?i)[?&#;](?:{names})"), False)
    if not pc.any(held).as_py():
        return dict.fromkeys(Visit._fields, nothing)
    held_urls = pc.if_else(held, urls, None)
    for pattern, kept in ((r"(?s)^[^?&#;]*", ""), (_long_click_ids(), r"\1x")):
        held_urls = pc.replace_substring_regex(held_urls, pattern, kept)
    encoded = held_urls.combine_chunks().dictionary_encode()
    visits = [visit_of(url) for url in encoded.dictionary.to_pylist()]
    return {
        name: pa.chunked_array([pa.array(values, pa.string()).take(encoded.indices)])
        for name, values in zip(Visit._fields, zip(*visits, strict=True), strict=True)
    }


def hosts_of(urls: pa.ChunkedArray) -> pa.ChunkedArray:
    """The host of each URL, in lower case and without `www.`; null where there is none."""
    encoded = urls.combine_chunks().dictionary_encode()
    roots = pc.replace_substring_regex(
        encoded.dictionary, r"(?s)^([^/?#]*//[^/?#]*).*$", r"\1"
    ).dictionary_encode()
    hosts = pa.array(map(_host, roots.dictionary.to_pylist()), pa.string())
    return pa.chunked_array([hosts.take(roots.indices).take(encoded.indices)])


def _host(url: str) -> str | None:
    # a bare host is one too, as Snowplow's refr_urlhost
    bare = re.fullmatch(r"[\w-]+(\.[\w-]+)+", url)
    found = HOST.match(url)
    host = found[1] if found else url if bare else ""
    return host.lower().removeprefix("www.") or None
