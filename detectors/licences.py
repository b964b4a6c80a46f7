"""The licence that a page or a file names for itself: `rel=license`, Creative Commons marks, JSON-LD, XMP.

What is named is passed on, and not judged; Creative Commons licences by their SPDX id, others by address or name. A
mere link to a Creative Commons licence is often the credit of a picture: it is recorded as `linked:CC-BY-4.0`, so that
nobody takes it for the licence of the page.
"""

import re
from collections.abc import Sequence
from urllib.parse import urljoin

import pyarrow as pa

COLUMN = "prov_licence"  # of every detector that reads licences
COLUMNS = pa.schema([pa.field(COLUMN, pa.list_(pa.string()))])
MAX_LICENCES = 8
MAX_CHARS = 300

_CREATIVE_COMMONS = re.compile(
    r"creativecommons\.org/(?:licenses/(by(?:-nc)?(?:-nd|-sa)?)|publicdomain/(zero|mark))/(\d\.\d)(?:/([a-z]{2,3}))?(?=[/?#]|\Z)",
    re.IGNORECASE,
)
_PUBLIC_DOMAIN = {"zero": "CC0", "mark": "CC-PDM"}
CREATIVE_COMMONS_HOST = "creativecommons.org/"


def licence(written: str, base: str | None = None) -> str | None:
    """A licence as it is recorded; null for nothing. `base` is the address of the page, for relative links."""
    text = " ".join(written.split())[: MAX_CHARS * 2]
    if not text or text.startswith("#"):
        return None
    if found := _CREATIVE_COMMONS.search(text):
        code, public, edition = found[1], found[2], found[3]
        return f"CC-{code.upper()}-{edition}" if code else f"{_PUBLIC_DOMAIN[public.lower()]}-{edition}"
    if base and " " not in text and (text.startswith(("/", "./", "../")) or text.endswith((".html", ".txt"))):
        try:
            text = urljoin(base, text)
        except ValueError:  # a base that is no address
            return text[:MAX_CHARS]
    return text[:MAX_CHARS]


def linked(url: str) -> str | None:
    """A link to a Creative Commons licence that does not say what it is the licence of."""
    named = licence(url)
    return f"linked:{named}" if named else None


def is_creative_commons(url: str) -> bool:
    """Whether an address is that of a Creative Commons licence or public-domain mark."""
    return _CREATIVE_COMMONS.search(url[: MAX_CHARS * 2]) is not None


def listed(found: Sequence[str | None]) -> list[str] | None:
    """The licences of a record, sorted and each once; null where none was named."""
    named = sorted({each for each in found if each})[:MAX_LICENCES]
    return named or None
