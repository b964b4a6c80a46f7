"""Which records the detectors that hold a model are shown: what cheaper evidence left open, long enough, or a share.

- A record is decided where a rule of the policy fires on the findings of all other detectors: it is not shown, so
  that no costly evidence can change it.
- What is not shown is SKIPPED with a reason of its own, and a skip changes neither label nor P(synthetic).
- All of it follows from the record alone, never from its batch: the share is drawn by a hash of the id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc

from lowbackground.detectors.applicable import columns_read, filled
from lowbackground.detectors.contract import Detector, Needs
from lowbackground.detectors.evidence import Evidence, Signal
from lowbackground.pipeline.config import Cascade as Section
from lowbackground.pipeline.decide import Decider
from lowbackground.pipeline.judge import Answer, Judgement, observe, together

ALREADY_DECIDED = "already-decided"
REASONS = {
    ALREADY_DECIDED: "A rule fired on the evidence of the other detectors, so the model was not asked (`cascade.records`).",
    "not-long-enough": "The text has fewer than `cascade.min_chars` characters, so the model was not asked.",
    "not-sampled": "The record is not in the share that is shown to models (`cascade.share`).",
}

_DECIDED = Evidence(Signal.SKIPPED, ALREADY_DECIDED)
_SHORT = Evidence(Signal.SKIPPED, "not-long-enough")
_NOT_SAMPLED = Evidence(Signal.SKIPPED, "not-sampled")


@dataclass(frozen=True, slots=True)
class Cascade:
    """Asks the detectors named in `models` last, and only about what the others leave open."""

    section: Section
    models: frozenset[str]

    def judge(self, records: pa.RecordBatch, detectors: Sequence[Detector], decider: Decider) -> Judgement:
        """What all detectors say about a batch.

        Raises:
            ConfigError: the model of a detector cannot be loaded.
            ModelProcessError: the process that holds a model is gone.
        """
        answers = [observe(detector, records) for detector in detectors if detector.name not in self.models]
        costly = [detector for detector in detectors if detector.name in self.models]
        if costly:
            answers += self._costly(records, costly, answers, decider)
        return together(records, answers)

    def _costly(
        self, records: pa.RecordBatch, costly: Sequence[Detector], cheap: Sequence[Answer], decider: Decider
    ) -> list[Answer]:
        rules: Sequence[str | None] = [None] * records.num_rows
        if self.section.records == "undecided":
            rules = decider.rules(records, together(records, cheap))
        sampled = [in_share(id_, self.section.share) for id_ in records.column("id").to_pylist()]
        lengths = pc.utf8_length(records.column("text")).to_pylist()
        withheld = [
            _DECIDED if rule is not None else None if taken else _NOT_SAMPLED
            for rule, taken in zip(rules, sampled, strict=True)
        ]
        short = [
            reason or (_SHORT if length is not None and length < self.section.min_chars else None)
            for reason, length in zip(withheld, lengths, strict=True)
        ]
        return [
            observe(each, filled(columns_read(records, each.needs)), short if _reads_text(each.needs) else withheld)
            for each in costly
        ]


def in_share(id_: str, share: float) -> bool:
    """Whether a record is in the share that models are shown; the same records are in every larger share.

    Not the hash of `sample`, of which a share would otherwise be all or nothing.
    """
    return share >= 1 or int.from_bytes(sha256(b"cascade\0" + id_.encode()).digest()[:8]) < int(share * 2**64)


def _reads_text(needs: Needs) -> bool:
    """Whether the length of the text is the length of what is judged: not so for a picture with a caption."""
    return needs.any_of == ("text",)
