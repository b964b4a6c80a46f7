"""What pictures without a mark score: the measured null of `dwt_dct`, its thresholds and its false-positive rate.

`dwt_dct_null.json` is written by `python -m benchmarks.dwt_dct_null`; it says of which pictures, when and how many.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import orjson

_TABLE = Path(__file__).with_name("dwt_dct_null.json")


@dataclass(frozen=True, slots=True)
class Null:
    """The scores of unmarked pictures.

    `at_least[i]` counts the pictures of `pictures` that score at least `step * i`. Both thresholds lie above the score
    of every one of them. The wrong shifts of the payloads are dozens of times as many chances for the same pictures to
    look marked; by those, less than one picture in 10,000 reaches `strong`, and one in 100,000 `near_certain`.
    """

    version: str
    pictures: int
    step: float
    at_least: tuple[int, ...]
    strong: float
    near_certain: float

    def fpr(self, score: float) -> float:
        """How often an unmarked picture scores at least this: (k + 1) / (n + 1), never less than was measured."""
        place = int(max(0.0, score) / self.step + 1e-6)  # 6.3 / 0.1 is 62.99... in floats
        above = self.at_least[place] if place < len(self.at_least) else 0
        return (above + 1) / (self.pictures + 1)


@lru_cache(maxsize=1)
def measured_null() -> Null:
    """The null that comes with the program."""
    table = orjson.loads(_TABLE.read_bytes())
    return Null(
        f"{table['date']} {table['digest'][:8]}",
        table["pictures"],
        table["step"],
        tuple(table["at_least"]),
        table["strong"],
        table["near_certain"],
    )
