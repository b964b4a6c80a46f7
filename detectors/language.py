"""The language of a text, coarsely: Resiliparse's profile of character n-grams, 101 languages, one answer a text.

What it cannot do: texts in two languages get one of them, close relatives (nb/da, hr/sr/bs, id/ms) are confused, and
short texts, lists of names, code and tables are guessed badly. It is a hint for statistics and for detectors that
know one language, and no filter by itself.
"""

from resiliparse.parse.lang import detect_fast

HEAD_CHARS = 2048  # 0.01 ms; more text does not change the answer on real pages
MIN_CHARS = 100  # below about 150 characters the profile leans towards the largest Wikipedias (Resiliparse's docs)


def language(text: str) -> str | None:
    """ISO 639 code, null where the text is short or resembles no language."""
    if len(text) < MIN_CHARS:
        return None
    code, _rank = detect_fast(text[:HEAD_CHARS])
    return None if code == "unknown" else str(code)
