"""Signals by which a page or its server asks not to be trained on: robots directives, TDM reservation, AI preferences.

A signal is written `name=value`. One that is there and cannot be read is `name=unreadable` and stands among the
opt-outs: what is unknown is no permission.
"""

import re
from collections.abc import Iterator, Sequence

from lowbackground.manifests.structured_fields import parse_dictionary

ROBOTS, TDM, USAGE = "x-robots-tag", "tdm-reservation", "content-usage"
HEADERS = (ROBOTS, TDM, USAGE)
UNREADABLE = "unreadable"
MAX_DIRECTIVES = 100
_SEPARATORS = re.compile(r"[,;\s]+")  # a comma is right; the others are written too, and mean what they say

_NO_AI = ("noai", "noimageai")  # DeviantArt, 2022-11; taken up by Cohost, Misskey and content management systems
# Categories of draft-ietf-aipref-vocab that cover training: `bots`, `tdm`, `ai`, `genai` in -00 and -01, `train-ai` and
# `train-genai` since; `search` and `ai-output` are other uses.
_TRAINING = ("ai", "bots", "genai", "tdm", "train-ai", "train-genai")


def header_opt_outs(headers: Sequence[tuple[str, str]]) -> list[str]:
    """The opt-outs in response headers, given as (name in lower case, value)."""
    found: list[str] = []
    for name in HEADERS:
        values = [value for given, value in headers if given == name]
        if not values:
            continue
        if name == ROBOTS:
            found += [signal for value in values for signal in robots(ROBOTS, value)]
        elif name == TDM:
            found += [signal for value in values for signal in reservation(value)]
        else:
            found += content_usage(", ".join(values))  # RFC 9651, 4.2: lines of one field are one value
    return sorted(set(found))


def meta_opt_outs(name: str, content: str) -> list[str]:
    """The opt-outs in a `<meta>` of a page."""
    name = name.lower()
    if name == "robots" or name.endswith("bot"):
        return list(robots(name[:40], content))
    return list(reservation(content)) if name == TDM else []


def robots(name: str, value: str) -> Iterator[str]:
    """Robots directives, each perhaps addressed to one crawler: `noai` and `noimageai` ask not to be trained on."""
    for directive in _SEPARATORS.split(value.lower(), MAX_DIRECTIVES):
        word = directive.rpartition(":")[2]
        if word in _NO_AI:
            yield f"{name}={word}"


def reservation(value: str) -> Iterator[str]:
    """W3C TDM Reservation Protocol, 2024: 1 reserves the rights of text and data mining, 0 does not."""
    value = value.strip().strip("\"'")
    if value == "1":
        yield f"{TDM}=1"
    elif value != "0":
        yield f"{TDM}={UNREADABLE}"


def content_usage(value: str) -> list[str]:
    """draft-ietf-aipref-attach-05: a dictionary of categories, `y` to allow and `n` to disallow."""
    members = parse_dictionary(value)
    if members is None:
        return [f"{USAGE}={UNREADABLE}"]
    found = []
    for category in _TRAINING:
        answer = members.get(category)
        if answer in {"n", False}:
            found.append(f"{USAGE}={category}:n")
        elif answer is not None and answer not in {"y", True}:
            found.append(f"{USAGE}={UNREADABLE}")
    return found
