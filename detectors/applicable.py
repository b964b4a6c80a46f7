"""Which rows of a batch a detector is shown: those that have one of the columns it needs."""

import pyarrow as pa
import pyarrow.compute as pc

from lowbackground.detectors.contract import Needs


def applicable_rows(records: pa.RecordBatch, needs: Needs) -> list[int] | None:
    """The rows in which one of the needed columns is not null; null where that is every row, so nothing is copied."""
    needed = [records.column(name) for name in needs.any_of]
    if any(column.null_count == 0 for column in needed):
        return None
    present = [pc.is_valid(column) for column in needed if column.null_count < len(column)]
    if not present:
        return []
    mask = present[0]
    for other in present[1:]:
        mask = pc.or_(mask, other)
    return pc.indices_nonzero(mask).to_pylist() if mask.true_count < len(mask) else None
