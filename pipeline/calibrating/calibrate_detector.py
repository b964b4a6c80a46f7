"""`lowbackground calibrate`: build the detector, score what is known, fit, and keep what it came to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lowbackground.detectors.calibration.calibrate import GROUP_RATE, RATE, VALID_DAYS, calibrate, check_aim
from lowbackground.detectors.calibration.calibration import Calibration, CalibrationError
from lowbackground.detectors.calibration.scale import Scale
from lowbackground.detectors.calibration.strata import EDGES
from lowbackground.detectors.contract import Detector, HoldsModel, RunFacts
from lowbackground.detectors.registry import build
from lowbackground.pipeline.calibrating.era_rows import era_records
from lowbackground.pipeline.calibrating.known_inputs import Files, check_columns, input_files, refuse_shared
from lowbackground.pipeline.calibrating.scoring import Scores, add_scores, known_records, limited
from lowbackground.pipeline.calibrating.scoring_watch import ScoringWatch
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.runs.progress import Display, NoDisplay
from lowbackground.pipeline.screen import shown
from lowbackground.pipeline.stand_ins import load_model

MAX_BROKEN = 300  # letters of what is said of a broken input


@dataclass(frozen=True, slots=True)
class Data:
    """Where records of known origin are.

    `human` and `machine` are inputs as of a run, `eras` output folders of finished runs. `group_column` names the
    source group of a record; without one it is its host, else its file.
    """

    human: tuple[str, ...] = ()
    machine: tuple[str, ...] = ()
    eras: tuple[str, ...] = ()
    group_column: str | None = None


@dataclass(frozen=True, slots=True)
class Aim:
    """What the calibration is to hold: see `calibrate`.

    Raises:
        ConfigError: no calibration can hold that.
    """

    rate: float = RATE
    group_rate: float = GROUP_RATE
    edges: tuple[int, ...] = EDGES
    valid_days: int = VALID_DAYS

    def __post_init__(self) -> None:
        """Refuse it before anything is read and scored."""
        try:
            check_aim(self.edges, self.rate, self.group_rate, self.valid_days)
        except CalibrationError as error:
            raise ConfigError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A calibration, and what became of the records that were read for it.

    `unscored` counts those without a score, by the reason that the detector gave; `unnamed` those that have nothing in
    `group_column`, if one was given, so that host or file stands for their source.
    """

    calibration: Calibration
    read: int
    unscored: Mapping[str, int]
    unreadable: int
    broken: tuple[str, ...] = field(default=())
    max_unreadable: float = 0.01
    unnamed: int = 0

    @property
    def exit_code(self) -> int:
        """As of a run: 1 where a stream broke, or too much was unreadable."""
        return int(bool(self.broken) or self.unreadable > self.max_unreadable * max(1, self.read + self.unreadable))


def calibrate_detector(name: str, data: Data, aim: Aim, config: Config, display: Display | None = None) -> Calibrated:
    """Score the data with a detector and its options in `config`, and calibrate it; `display` shows how far it is.

    `config.limit` bounds the records of each input folder of a run, and of all human and all machine inputs;
    `config.sample` is the share of the inputs' records that is taken.

    Raises:
        ConfigError: the detector cannot be calibrated, the data cannot be read, is human and machine-made at once, or
            carries no stratum.
    """
    if not (data.human or data.eras):
        raise ConfigError("no human records: name inputs, or with --from-era the output folder of a run")
    now = config.as_of or datetime.now(UTC)
    detector, scale = scored_detector(name, config.detectors.get(name, {}), now)
    columns = [*(own.name for own in detector.needs.own), *([data.group_column] if data.group_column else ())]
    human = input_files(data.human, config.read) if data.human else ()
    machine = input_files(data.machine, config.read) if data.machine else ()
    refuse_shared(human, data.eras, machine)
    check_columns((*human, *machine), config.read, columns)
    if isinstance(detector, HoldsModel):
        load_model(detector)
    scores = Scores()
    watch = ScoringWatch(display or NoDisplay(), len(human) + len(data.eras) + len(machine))
    try:
        _score_inputs(scores, human, detector, data, config, watch, machine=False)
        _score_eras(scores, detector, data, config, watch)
        _score_inputs(scores, machine, detector, data, config, watch, machine=True)
    finally:
        watch.close()
    return Calibrated(
        _fitted(scores, scale, aim, now),
        scores.read,
        dict(sorted(scores.unscored.items())),
        scores.unreadable,
        tuple(scores.broken),
        config.max_unreadable,
        scores.read - scores.named if data.group_column else 0,
    )


def scored_detector(name: str, options: Mapping[str, Any], now: datetime) -> tuple[Detector, Scale]:
    """A detector, without the calibration that its options may name, and the scale of its scores.

    Raises:
        ConfigError: it cannot be built, or gives no scores that could be calibrated.
    """
    own = {key: value for key, value in options.items() if key not in {"enabled", "calibration"}}
    try:
        (detector,) = build({name: own}, RunFacts(now))
    except ValueError as error:
        raise ConfigError(str(error)) from error
    scale = getattr(detector, "scale", None)
    if not isinstance(scale, Scale):
        raise ConfigError(
            f"detector {name}: gives no scores that can be calibrated; those of classifiers can, such as ai_text"
        )
    return detector, scale


def _score_inputs(
    scores: Scores, files: Files, detector: Detector, data: Data, config: Config, watch: ScoringWatch, *, machine: bool
) -> None:
    known = known_records(watch.over(files), config, detector, data.group_column, scores)
    add_scores(scores, limited(known, config.limit), detector, watch, machine=machine)


def _score_eras(scores: Scores, detector: Detector, data: Data, config: Config, watch: ScoringWatch) -> None:
    for out in watch.over(data.eras):
        before = scores.read
        known = era_records(out, config.read.batch_rows, detector.needs.own, data.group_column)
        add_scores(scores, limited(known, config.limit), detector, watch, machine=False)
        if scores.read == before:
            raise ConfigError(
                f"{out}: no row was captured before the cut-off of its kind and labelled human; a run finds such rows where it "
                "knows when somebody else captured them: WARC files of an archive, or --captured-at COLUMN"
            )


def _fitted(scores: Scores, scale: Scale, aim: Aim, now: datetime) -> Calibration:
    unscored = sum(scores.unscored.values())
    if not scores.scores:
        reasons: Sequence[str] = [
            *(f"{reason} {count:,}" for reason, count in scores.unscored.most_common(5)),
            *([f"unreadable {scores.unreadable:,}"] if scores.unreadable else []),
            *(shown(words, MAX_BROKEN) for words in scores.broken[:5]),
        ]
        raise ConfigError(
            f"detector {scale.detector}: scored none of {scores.read:,} records: {', '.join(reasons) or 'nothing was read'}"
        )
    try:
        return calibrate(
            scores.sample(),
            scale,
            made=now.date(),
            edges=aim.edges,
            rate=aim.rate,
            valid_days=aim.valid_days,
            group_rate=aim.group_rate,
        )
    except CalibrationError as error:
        without = f" ({unscored:,} of {scores.read:,} records had no score)" if unscored else ""
        raise ConfigError(f"{error}{without}") from error
