"""Seeded damage to pages, texts and headers full of marks: `python -m tests.mark_hunt TARGET MUTANTS`.

Nothing may crash a detector of marks, and no text may look marked by a key that it does not know.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from tests.detectors import disclosure_samples, residue_page_samples, residue_samples
from tests.factories import records
from tests.hunting import report
from tests.marked_text import as_text, unmarked_ids, word_tokenizer
from tests.mutations import mutant

BATCH = 100
_LABEL = "{&quot;Label&quot;:&quot;1&quot;,&quot;ContentProducer&quot;:&quot;001191&quot;}"
_HEADS = (
    f'<meta name="AIGC" content="{_LABEL}"><meta name="robots" content="noai, noimageai"><meta name=author content=ChatGPT>',
    '<meta name="ai-disclosure" content="ai_summarized; required=1"><link rel="license" href="/terms.html">',
    '<script type="application/ld+json">{"@graph":[{"@type":"Article","digitalSourceType":"trainedAlgorithmicMedia"}]}</script>',
    '<script type="application/ld+json">{"author":[{"name":"ChatGPT"}],"license":{"@id":"https://example.org/l"}}</script>',
    '<link itemprop="digitalSourceType" href="https://schema.org/TrainedAlgorithmicMediaDigitalSource"><genai>x</genai>',
)
_HEADERS = (
    ("ai-disclosure", 'mode=ai-originated, model="x";v=1, reviewed-by=("a" "b")'),
    ("content-usage", "train-ai=n, search=y, genai=?0"),
    ("x-robots-tag", "otherbot: noai, noimageai"),
    ("tdm-reservation", "1"),
    ("link", '<https://example.org/l>; rel="license", <https://example.org/n>; rel=next'),
)


def _pages() -> list[bytes]:
    bodies = [body for found, _ in residue_page_samples.HTML.values() for body in found]
    joined = ["".join(bodies[at : at + 4]) for at in range(0, len(bodies), 4)]
    return [
        f"<!doctype html><html><head>{_HEADS[at % len(_HEADS)]}</head><body>{body}</body></html>".encode()
        for at, body in enumerate(joined)
    ]


def _texts() -> list[bytes]:
    samples = (*residue_samples.TEXT.values(), *disclosure_samples.TEXT.values())
    texts = [text for found, _ in samples for text in found]
    return ["\n\n".join(texts[at : at + 3]).encode() for at in range(0, len(texts), 3)]


def _page(random: Random, index: int, seeds: list[bytes]) -> dict[str, Any]:
    seed = seeds[index % len(seeds)]
    raw = mutant(seed, [at for at, byte in enumerate(seed) if byte in b'<>"='], random)
    return {"raw": raw, "media_type": "text/html", "text": residue_samples.PROSE, "url": "https://example.org/a"}


def _text(random: Random, index: int, seeds: list[bytes]) -> dict[str, Any]:
    return {"text": mutant(seeds[index % len(seeds)], [], random).decode("utf-8", "replace")}


def _headers(random: Random, index: int, _: list[bytes]) -> dict[str, Any]:
    changed = [(name, mutant(value.encode(), [], random).decode("utf-8", "replace")) for name, value in _HEADERS]
    kept = random.sample(changed, random.randint(1, len(changed)))
    return {"headers": [{"name": name, "value": value} for name, value in kept], "text": f"text {index}"}


_Row = Callable[[Random, int, list[bytes]], dict[str, Any]]
_MARKS: dict[str, tuple[_Row, Callable[[], list[bytes]]]] = {
    "page": (_page, _pages),
    "text": (_text, _texts),
    "headers": (_headers, list),
}
TARGETS = (*_MARKS, "watermark")


def _batches(make: _Row, seeds: list[bytes], number: int) -> Iterator[list[dict[str, Any]]]:
    random = Random(make.__name__)
    rows = (make(random, index, seeds) for index in range(number))
    for _ in range(0, number, BATCH):
        yield [row for _, row in zip(range(BATCH), rows, strict=False)]


def hunt(target: str, number: int) -> Counter[str]:
    """Answers by reason: of `llm_residue` and `disclosures`, or of the keyed watermarks."""
    if target == "watermark":
        return _hunt_keyed(number)
    from lowbackground.detectors.disclosures import disclosures
    from lowbackground.detectors.llm_residue import llm_residue

    make, seeds = _MARKS[target]
    reasons: Counter[str] = Counter()
    for batch in _batches(make, seeds(), number):
        for detector in (llm_residue(), disclosures()):
            reasons.update(evidence.reason for evidence in detector(records(batch)).evidence)
    return reasons


def _hunt_keyed(number: int) -> Counter[str]:
    from lowbackground.detectors.green_list import green_list
    from lowbackground.detectors.synthid_text import synthid_text

    seeds = [as_text(unmarked_ids(160, seed=seed)).encode() for seed in range(20)]
    reasons: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        tokenizers = {"toy": str(word_tokenizer(Path(folder) / "toy"))}
        own = Path(folder) / "own.yaml"
        own.write_text(
            "keys: [{id: a, scheme: green-list, key: 15485863}, {id: b, scheme: synthid-text, keys: [1, 2]}]"
        )
        detectors = [made(keys=[str(own)], tokenizers=tokenizers) for made in (synthid_text, green_list)]
        for batch in _batches(_text, seeds, number):
            for detector in detectors:
                reasons.update(evidence.reason for evidence in detector(records(batch)).evidence)
    assert "watermark.key-fits" not in reasons, reasons
    return reasons


if __name__ == "__main__":
    report(partial(hunt, sys.argv[1]), int(sys.argv[2]))
