"""Takes a score or verdict that the data already carries, such as a vendor's or another tool's, as evidence.

- A verdict is a score with few values: each word stands for a number, and the words are calibrated like numbers.
- Nobody knows what a foreign score means: without a calibration on content of known origin it is written, and no more.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Annotated

import pyarrow as pa
from pydantic import Field

from lowbackground.detectors.calibration.calibration import Calibration
from lowbackground.detectors.calibration.calibration_file import read_calibration
from lowbackground.detectors.calibration.scale import Orientation, Scale, digest_of, version_of
from lowbackground.detectors.calibration.scored import place_of, scored, scored_reasons
from lowbackground.detectors.contract import Detector, Findings, Needs, OwnColumn, RunFacts
from lowbackground.detectors.evidence import Basis, Evidence, Signal

PREFIX = "score-column"
REASONS = {
    **scored_reasons(PREFIX),
    "score-column.no-value": "The column is null or missing in this record.",
    "score-column.not-a-number": "The value is no number, and `verdicts` does not say which numbers words stand for.",
    "score-column.unlisted-verdict": "The value is a word to which `verdicts` gives no number.",
}

_WHOLE = re.compile(r"(-?\d{1,18})\.0\Z")  # a float that is a whole number
_NO_COLUMNS = pa.schema([])
_NO_VALUE = Evidence(Signal.SKIPPED, "score-column.no-value")
_NOT_A_NUMBER = Evidence(Signal.FAILED, "score-column.not-a-number")
_UNLISTED = Evidence(Signal.FAILED, "score-column.unlisted-verdict")


def score_column(
    *,
    column: Annotated[str, Field(min_length=1, max_length=200)],
    given_by: Annotated[str, Field(min_length=1, max_length=100)],
    orientation: Orientation = "higher",
    verdicts: Mapping[str | bool | int | float, float] | None = None,
    calibration: str | None = None,
    run: RunFacts,
) -> Detector:
    """Takes a score or verdict that the data already carries, in a column of your own, as evidence.

    `given_by` says what gave it, with its version: a calibration holds for that alone. `orientation` says whether
    higher or lower scores are more machine-like. `verdicts` gives each word a number, such as {AI: 1, human: 0}; without
    it the column holds numbers. `calibration` is a file of `lowbackground calibrate score_column`.

    Raises:
        CalibrationError: the calibration cannot be read, or is for other scores.
        ValueError: a verdict stands for no finite number, or two are one word.
    """
    words = None if verdicts is None else {_word(each): number for each, number in verdicts.items()}
    if words is not None and not (words and all(isfinite(number) for number in words.values())):
        raise ValueError("verdicts: give each word that the column holds a finite number, such as {AI: 1, human: 0}")
    if words is not None and verdicts is not None and len(words) != len(verdicts):
        raise ValueError(
            "verdicts: two of its words are the same, such as 1 and 1.0, or true and 'true'; give one of them"
        )
    told = None if words is None else digest_of(json.dumps(words, sort_keys=True).encode())
    scale = Scale("score_column", f"1 of {given_by}", orientation, told)
    loaded = None if calibration is None else read_calibration(calibration, scale)
    own = OwnColumn(column, ("number", "string") if verdicts is None else ("string", "bool", "number"))
    return _ScoreColumn(
        own,
        scale,
        words,
        loaded,
        run.as_of,
        version_of(scale, None if loaded is None else loaded.digest),
        Needs(("id",), also=("media_type", "text", "language"), own=(own,)),
    )


@dataclass(frozen=True)
class _ScoreColumn:
    """`verdicts` are the numbers of words, null where the column holds numbers."""

    own: OwnColumn
    scale: Scale
    verdicts: Mapping[str, float] | None
    calibration: Calibration | None
    as_of: datetime
    version: str
    needs: Needs
    name: str = "score_column"
    basis: Basis = Basis.CLASSIFIER
    columns: pa.Schema = _NO_COLUMNS
    exact: bool = True

    def __call__(self, records: pa.RecordBatch, /) -> Findings:
        """Turn each value into evidence."""
        if self.own.column not in records.schema.names:
            return Findings([_NO_VALUE] * records.num_rows)
        values = records.column(self.own.column).to_pylist()
        return Findings([self._evidence(value, records, row) for row, value in enumerate(values)])

    def _evidence(self, value: object, records: pa.RecordBatch, row: int) -> Evidence:
        if value is None:
            return _NO_VALUE
        if self.verdicts is not None:
            number = self.verdicts.get(_word(value))
            if number is None:
                return _UNLISTED
        else:
            number = _number(value)
            if number is None:
                return _NOT_A_NUMBER
        group, words = place_of(records, row)
        return scored(number, group, words, self.calibration, self.as_of, prefix=PREFIX)


def _word(value: object) -> str:
    """A value as `verdicts` names it: `true` and `false` as YAML and JSON have them, whole numbers without a point.

    A column of whole numbers with gaps comes as floats out of many tools, and so do keys of JSON Lines, as text.
    """
    word = str(value).lower() if isinstance(value, bool) else str(value)
    whole = _WHOLE.match(word)
    return whole[1] if whole else word


def _number(value: object) -> float | None:
    """The number that a value is, or that its text says."""
    try:
        return float(value) if not isinstance(value, bool) else None  # type: ignore[arg-type] # what else it may be is caught
    except (TypeError, ValueError, OverflowError):
        return None
