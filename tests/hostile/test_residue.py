"""Texts and pages that would cost a careless search minutes: each must be answered, and this file must end."""

import pytest

from lowbackground.detectors.evidence import Signal
from lowbackground.detectors.llm_residue import llm_residue
from tests.factories import records

MIB = 1 << 20
TEXTS = {
    "no space in a mebibyte": "a" * MIB,
    "no space around a needle": "a" * MIB + "oaicite" + "a" * MIB,
    "nothing but a needle": "as an ai language model " * (MIB // 24),
    "nothing but another": "turn0search" * (MIB // 11),
    "needles and line breaks": "[your name]\n" * (MIB // 12),
    "a sentence that never ends": "i am " + "a " * MIB + "trained by openai",
    "fences": "```\nlanguage model\n" * (MIB // 20),
    "quotation marks": '"“' * (MIB // 4) + "as an ai language model, i cannot",
    "spaces": "as an" + " " * MIB + "ai language model",
    "brackets": "[insert " * (MIB // 8),
    "daggers": "【1†" * (MIB // 8) + "†source】",
    "dashes": "-" * MIB + "en tant que modèle de langage" + "-" * MIB + ", je ne",
}
PAGES = {
    "open tags": "<p data-is-last-node " * (MIB // 20),
    "open quotes": '<p data-start="' * (MIB // 15),
    "comments that never close": "<!--<!--" * (MIB // 8) + "data-is-last-node",
    "scripts": "<script><script " * (MIB // 16) + "data-is-last-node",
    "nested": "<div data-path-to-node=1>" * (MIB // 25),
    "one tag of a mebibyte": "<p " + "data-start=1 " * (MIB // 13) + ">",
    "runs": '<p data-start="1" data-end="2">' * (MIB // 31),
    "less than": "<" * MIB + "data-is-last-node",
    "offsets beyond any number": f'<p data-start="{"9" * 5000}" data-end="1" data-is-last-node="">',
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_is_answered(name: str) -> None:
    (evidence,) = llm_residue()(records([{"text": TEXTS[name]}])).evidence
    assert evidence.signal is not Signal.FAILED


@pytest.mark.parametrize("name", PAGES)
def test_a_hostile_page_is_answered(name: str) -> None:
    row = {"raw": PAGES[name].encode(), "media_type": "text/html", "text": "x", "url": "https://example.org"}
    (evidence,) = llm_residue()(records([row])).evidence
    assert evidence.signal is not Signal.FAILED
