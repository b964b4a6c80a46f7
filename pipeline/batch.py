"""What a reader yields: records for the detectors, the user's own columns beside them, and what was not a record.

Accounting travels with the data: a reader that passes over something says so in the next batch, so that
read = kept + rejected + unreadable + skipped holds for every unit by construction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that could not be judged: it goes to `unreadable/` with a reason from a closed list."""

    id: str
    source: str
    offset: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Two record batches of equal length, and what the reader passed over since the batch before.

    `records` has the schema `RECORDS` of `lowbackground.detectors.contract`. `passthrough` holds the user's own
    columns, or those that the reader writes for sources that have none; `text_column` names the one that holds
    the training text, so that cleaning reaches it too.
    """

    records: pa.RecordBatch
    passthrough: pa.RecordBatch
    text_column: str | None = None
    unreadable: tuple[Unreadable, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Equal length is what ties a row of the one to the row of the other."""
        if self.records.num_rows != self.passthrough.num_rows:
            raise ValueError(
                f"records has {self.records.num_rows} rows and passthrough {self.passthrough.num_rows}; "
                "a reader must build both from the same rows"
            )
