"""Whose crawl a WARC file is, by the warcinfo record at its head."""

import re
from typing import BinaryIO

from fastwarc.warc import ArchiveIterator, WarcRecordType

from lowbackground.pipeline.readers.warc_faults import FormatError, FormatErrors
from lowbackground.pipeline.readers.warc_stream import MAX_HEADER_BYTES

_MAX_INFO_BYTES = 1 << 16
# Values that Common Crawl (CC-MAIN, CC-NEWS) and the Internet Archive write about themselves. What names their software
# or their crawler's address is left out: others run Heritrix and ia-web-commons too.
_ARCHIVES = {
    "publisher": re.compile(r"(?:common\s?crawl|internet archive)\b", re.IGNORECASE),
    "operator": re.compile(
        r"common\s?crawl\b|.*@commoncrawl\.org\b|internet archive\b|.*@archive\.org\b", re.IGNORECASE
    ),
    "creator": re.compile(r"common\s?crawl\b|internet archive\b", re.IGNORECASE),
    "ispartof": re.compile(r"CC-(?:MAIN|NEWS)\b"),
    "hostname": re.compile(r"[a-z0-9.-]+\.archive\.org\Z", re.IGNORECASE),
}


def is_archives_file(file: BinaryIO) -> bool:
    """Whether the first record is a warcinfo in which Common Crawl or the Internet Archive names itself.

    Raises:
        OSError: the storage failed.
    """
    file.seek(0)
    try:
        with FormatErrors():
            record = next(iter(ArchiveIterator(file, parse_http=False, max_header_len=MAX_HEADER_BYTES)), None)
            if record is None or record.record_type != WarcRecordType.warcinfo:
                return False
            info = record.reader.read(_MAX_INFO_BYTES)
    except FormatError:
        return False  # the reader proper says so
    return names_an_archive(info.decode("utf-8", "replace"))


def names_an_archive(info: str) -> bool:
    """Whether a field of a warcinfo body (`application/warc-fields`) names one of the two archives."""
    for line in info.splitlines():
        name, colon, value = line.partition(":")
        known = _ARCHIVES.get(name.strip().lower()) if colon else None
        if known and known.match(value.strip()):
            return True
    return False
