"""`lowbackground train text`: read labelled text, fit the embedded detector on it, calibrate it, write a folder.

FOLDER/ai_text.json, ai_text.safetensors   the weights
FOLDER/calibration.json                    from scores of models that saw nothing of the source they score
FOLDER/card.md                             what went in, and what it reached
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.ai_text import ai_text
from lowbackground.detectors.calibration.calibrate import Sample, calibrate
from lowbackground.detectors.calibration.calibration import Calibration, CalibrationError
from lowbackground.detectors.calibration.calibration_file import write_calibration
from lowbackground.detectors.calibration.scale import Scale
from lowbackground.detectors.contract import RunFacts
from lowbackground.pipeline.calibrating.calibrate_detector import Aim
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.output.storage import refusal
from lowbackground.pipeline.runs.summary import count
from lowbackground.pipeline.training.labelled_texts import Columns, LabelledTexts, read_labelled
from lowbackground.pipeline.training.reach import Reach, reach_by_source

if TYPE_CHECKING:
    from lowbackground.detectors.text_classifier.fit_text import FittedText

WEIGHTS, CALIBRATION, CARD = "ai_text.json", "calibration.json", "card.md"
_Item = TypeVar("_Item")
_EXTRA = ("sklearn", "lightgbm")  # what the extra `train` installs


@dataclass(frozen=True, slots=True)
class Trained:
    """A detector that was fitted, and what it reached on sources that its models had not seen.

    `calibration` is null where the texts are too few for one, and `why_not` says so.
    """

    folder: Path
    scale: Scale
    texts: LabelledTexts
    gated: Mapping[str, int]
    calibration: Calibration | None
    why_not: str | None
    reach: tuple[Reach, ...]
    max_unreadable: float

    @property
    def exit_code(self) -> int:
        """As of a run: 1 where a stream broke, or too much was unreadable."""
        lost, read = self.texts.unreadable, len(self.texts.texts)
        return int(bool(self.texts.broken) or lost > self.max_unreadable * max(1, lost + read))


def train_text(
    inputs: Sequence[str], out: str, columns: Columns, aim: Aim, config: Config, tell: Callable[[str], None]
) -> Trained:
    """Fit the embedded text detector on labelled texts, and write it into the folder `out`; `tell` hears of progress.

    Raises:
        ConfigError: the extra is missing, the folder is taken or full, or the data will not do.
    """
    _check_extra()
    folder = _new_folder(out)
    with emptied_on_error(folder):
        return _trained(inputs, folder, columns, aim, config, tell)


def _trained(
    inputs: Sequence[str], folder: Path, columns: Columns, aim: Aim, config: Config, tell: Callable[[str], None]
) -> Trained:
    from lowbackground.detectors.text_classifier.fit_text import fit_text

    texts = read_labelled(inputs, columns, config)
    now = config.as_of or datetime.now(UTC)
    tell(f"{count(len(texts.texts), 'text')} of {count(len(set(texts.groups)), 'source')}")
    try:
        fitted = fit_text(
            texts.texts,
            texts.machine,
            texts.groups,
            folder / WEIGHTS,
            made=now.date(),
            min_words=aim.edges[0],
            about=_about(texts),
            tell=tell,
        )
    except ValueError as error:
        raise ConfigError(str(error)) from error
    scale = _scale(folder, now)
    calibration, why_not = _calibrated(fitted, texts, scale, aim, now)
    if calibration is not None:
        write_calibration(calibration, folder / CALIBRATION)
    scored = np.isfinite(fitted.scores)
    reach = reach_by_source(fitted.scores[scored], texts.machine[scored], _chosen(texts.groups, scored))
    return Trained(folder, scale, texts, dict(fitted.gated), calibration, why_not, reach, config.max_unreadable)


def _about(texts: LabelledTexts) -> dict[str, object]:
    """What the weights say of the texts that they were fitted on."""
    return {
        "made_with": "lowbackground train text",
        "human_texts": texts.labels.count(False),
        "machine_texts": texts.labels.count(True),
        "sources": len(set(texts.groups)),
    }


def _check_extra() -> None:
    missing = [name for name in _EXTRA if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"train text needs {' and '.join(missing)}, which the extra `train` brings: pip install 'lowbackground[train]'"
        )


def _new_folder(out: str) -> Path:
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        taken = next(folder.iterdir(), None)
    except OSError as error:
        raise ConfigError(f"{out}: cannot be written to ({error.strerror}); name another folder") from error
    if taken is not None:
        raise ConfigError(f"{out}: holds {taken.name} already; name a folder that is new or empty")
    return folder


@contextmanager
def emptied_on_error(folder: Path) -> Iterator[None]:
    """Leave a folder that was new as empty as it was, should what is written into it not come to its end.

    Raises:
        ConfigError: the folder takes nothing.
    """
    try:
        yield
    except BaseException as error:  # Ctrl-C too: weights without their calibration look like a result
        for path in folder.iterdir():
            path.unlink()
        if isinstance(error, OSError) and (refused := refusal(str(folder), error, goes_on=False)) is not None:
            raise refused from error
        raise


def _scale(folder: Path, now: datetime) -> Scale:
    """What the scores of the new weights mean, as the detector itself has it."""
    scale: Scale = ai_text(weights=str(folder / WEIGHTS), run=RunFacts(now)).scale  # type: ignore[attr-defined] # its own
    return scale


def _calibrated(
    fitted: "FittedText", texts: LabelledTexts, scale: Scale, aim: Aim, now: datetime
) -> tuple[Calibration | None, str | None]:
    """The calibration by held-out scores; null, and why, where no stratum has enough human texts."""
    scored = np.isfinite(fitted.scores)
    sample = Sample(
        fitted.scores[scored],
        texts.machine[scored],
        _chosen(fitted.places, scored),
        _chosen(texts.groups, scored),
        sorted(texts.captured),
    )
    try:
        return calibrate(
            sample,
            scale,
            made=now.date(),
            edges=aim.edges,
            rate=aim.rate,
            valid_days=aim.valid_days,
            group_rate=aim.group_rate,
        ), None
    except CalibrationError as error:
        return None, str(error)


def _chosen(items: Sequence[_Item], mask: NDArray[np.bool_]) -> list[_Item]:
    return [items[place] for place in np.flatnonzero(mask).tolist()]
