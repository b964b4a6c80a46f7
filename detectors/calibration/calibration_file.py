"""Reads and writes calibrations: one file each, canonical JSON, with the digest of what it says.

A file comes from anywhere, so all of it is checked: what is monotone must be, bounds must bound, and the scale must be
that of the detector which is to use it.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from math import inf, isfinite, log
from pathlib import Path

import orjson

from lowbackground.detectors.calibration.calibration import Calibration, CalibrationError, Curve, Stratum, adapter
from lowbackground.detectors.calibration.confidence import DELTA
from lowbackground.detectors.calibration.scale import Scale, digest_of

FORMAT = "lowbackground calibration 1"
MAX_BYTES = 16 << 20  # that of a thousand strata has some five
MAX_DAYS = 3660  # ten years; a wrong clock must not make a calibration that never expires
_ROUNDED = 1 - 1e-5  # values are written to six digits
_AGAIN = "make it again with `lowbackground calibrate`"


def write_calibration(calibration: Calibration, path: str | Path) -> None:
    """Write a calibration into a file, which then holds all of it or what it held before.

    Raises:
        CalibrationError: the file cannot be written.
    """
    line = orjson.dumps(
        {"format": FORMAT, "digest": calibration.digest, "calibration": orjson.Fragment(calibration.content)},
        option=orjson.OPT_SORT_KEYS,
    )
    target = Path(path).resolve()  # what a link leads to, so that the link stays one
    temporary = target.with_name(f".tmp-{target.name}")
    try:
        temporary.write_bytes(line + b"\n")
        temporary.replace(target)
    except OSError as error:
        with suppress(OSError):  # where nothing can be written, nothing is left behind
            temporary.unlink()
        raise CalibrationError(f"{path}: cannot be written ({error.strerror}); name another file") from error


def read_calibration(path: str | Path, scale: Scale | None = None) -> Calibration:
    """The calibration in a file, if it is for this scale; without one, whatever it is for.

    Raises:
        CalibrationError: the file cannot be read, is damaged, or is for another detector, version or model.
    """
    calibration = parse_calibration(_bytes(path), str(path))
    if scale is not None:
        check_scale(calibration, scale, str(path))
    return calibration


def is_calibration(path: str | Path) -> bool:
    """Whether a file was written as a calibration, of whatever detector and even if damaged since."""
    with Path(path).open("rb") as file:
        data = file.read(MAX_BYTES)
    return data.startswith(b'{"calibration":') and FORMAT.encode() in data


def parse_calibration(data: bytes, where: str) -> Calibration:
    """The calibration that these bytes hold; `where` is what messages call them.

    Raises:
        CalibrationError: they hold none, or not what was once written.
    """
    from pydantic import ValidationError

    try:
        whole = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise CalibrationError(f"{where}: is no JSON ({error}); it may have been cut short: {_AGAIN}") from error
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        found = whole.get("format") if isinstance(whole, dict) else type(whole).__name__
        raise CalibrationError(f"{where}: is no calibration: format is {str(found)[:60]!r}, expected {FORMAT!r}")
    if set(whole) != {"format", "digest", "calibration"}:
        raise CalibrationError(f"{where}: expected the keys calibration, digest, format and no other; {_AGAIN}")
    try:
        calibration = adapter().validate_json(orjson.dumps(whole["calibration"]), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(["calibration", *(str(part)[:40] for part in first["loc"])])
        words = "unknown key" if first["type"] in {"unexpected_keyword_argument", "extra_forbidden"} else first["msg"]
        raise CalibrationError(f"{where}: {place}: {words}; {_AGAIN}") from error
    found_digest = digest_of(orjson.dumps(whole["calibration"], option=orjson.OPT_SORT_KEYS))
    if whole["digest"] != found_digest or calibration.digest != found_digest:
        raise CalibrationError(
            f"{where}: was changed after it was written: its digest is {found_digest[:12]}, and it says "
            f"{str(whole['digest'])[:12]}; {_AGAIN}"
        )
    if problem := next(_problems(calibration), None):
        raise CalibrationError(f"{where}: {problem}; {_AGAIN}")
    return calibration


def check_scale(calibration: Calibration, scale: Scale, where: str) -> None:
    """Refuse a calibration that is for other scores.

    Raises:
        CalibrationError: detector, version, orientation or model differ.
    """
    for fact in ("detector", "version", "orientation", "model"):
        found, expected = getattr(calibration.scale, fact), getattr(scale, fact)
        if found != expected:
            raise CalibrationError(
                f"{where}: is for {fact} {_named(found)}, and the scores are of {fact} {_named(expected)}: another "
                f"scale, on which its thresholds mean nothing; run `lowbackground calibrate {scale.detector}`"
            )


def _named(value: str | None) -> str:
    return "none" if value is None else repr(value[:60])


def _bytes(path: str | Path) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CalibrationError(f"{path}: cannot be read ({error.strerror}); name a file that is there") from error
    if len(data) > MAX_BYTES:
        raise CalibrationError(f"{path}: is longer than {MAX_BYTES} bytes, and no calibration is; name another file")
    return data


def _problems(calibration: Calibration) -> Iterator[str]:
    """What cannot be true of a calibration, though its form is right."""
    if calibration.expires <= calibration.made:
        yield f"expires on {calibration.expires}, and was made on {calibration.made}"
    if (calibration.expires - calibration.made).days > MAX_DAYS:
        yield f"holds for more than {MAX_DAYS} days: no score means the same for so long"
    for name, rate in (("rate", calibration.rate), ("group_rate", calibration.group_rate)):
        if not 0 < rate < 1:
            yield f"{name} is {rate}, and must lie between 0 and 1"
    if not calibration.strata:
        yield "covers no stratum"
    spans = [
        (key.group, key.words_from is None, key.words_from or 0, inf if key.words_to is None else key.words_to)
        for key in (stratum.key for stratum in calibration.strata)
    ]
    for one, other in pairwise(sorted(spans)):
        if one[:2] == other[:2] and one[3] > other[2]:
            yield f"strata overlap: two hold {one[0]!r} from {other[2]} words"
    for stratum in calibration.strata:
        yield from (f"stratum {stratum.key}: {words}" for words in _stratum_problems(stratum, calibration))


def _stratum_problems(stratum: Stratum, calibration: Calibration) -> Iterator[str]:
    if not isfinite(stratum.threshold) or not all(isfinite(score) for _, score in stratum.thresholds):
        yield "a threshold is no finite number"
    for name, curve in (("fpr", stratum.fpr), ("llr", stratum.llr)):
        if curve is not None:
            yield from (f"{name}: {words}" for words in _curve_problems(curve, calibration.scale.sign))
    steps = stratum.fpr.values
    if any(not 0 <= value <= 1 for value in steps) or any(one < other for one, other in pairwise(steps)):
        yield "fpr: must fall from 1 towards 0"
    if stratum.llr is not None and any(one > other for one, other in pairwise(stratum.llr.values)):
        yield "llr: must not fall"
    yield from _claims(stratum, calibration)
    at_rate = dict(stratum.thresholds).get(calibration.rate)
    if at_rate is not None and stratum.threshold * calibration.scale.sign < at_rate * calibration.scale.sign:
        yield "threshold lies below that of the rate"


def _claims(stratum: Stratum, calibration: Calibration) -> Iterator[str]:
    """Numbers that so few records cannot carry; borrowed curves are of records that only the total counts."""
    counted = calibration if stratum.borrowed else stratum
    humans, machines = counted.n_human, counted.n_machine
    if humans < 1 or machines < 0:
        yield f"{humans} human and {machines} machine records"
        return
    if min(stratum.fpr.values, default=1.0) < _ROUNDED * (1 - DELTA ** (1 / humans)):
        yield f"fpr: lower than {humans} human records can show"
    values = () if stratum.llr is None else stratum.llr.values
    if any(not -log(machines + 1) <= _ROUNDED * value <= log(humans + 1) for value in values):
        yield f"llr: further from 0 than {humans} human and {machines} machine records can show"


def _curve_problems(curve: Curve, sign: float) -> Iterator[str]:
    if len(curve.scores) != len(curve.values) or not curve.scores:
        yield f"{len(curve.scores)} scores and {len(curve.values)} values"
    elif not all(map(isfinite, (*curve.scores, *curve.values))):
        yield "not all are finite numbers"
    elif any(one * sign >= other * sign for one, other in pairwise(curve.scores)):
        yield "scores must go from human-like to machine-like, each once"
