"""What a run judges with: policy, priors, detectors and trust lists, fixed when it is planned.

The trust lists are copied into `_run/trust/`, and workers read that copy, so that what a resumed run decides does not
depend on what happened to the originals.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from lowbackground.detectors.calibration.calibration import Calibration
from lowbackground.detectors.calibration.scale import Scale
from lowbackground.detectors.contract import Detector, HoldsModel, OwnColumn, RunFacts
from lowbackground.detectors.registry import available, build, default_names, detector_of
from lowbackground.manifests.digest import json_digest
from lowbackground.manifests.trust import TrustError, TrustList, copy_lists, folder_digest, lists_in, user_folder
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.decide import Decider
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.output.schema import OutputSchema, output_schema
from lowbackground.pipeline.output.storage import Storage
from lowbackground.pipeline.stand_ins import ModelFacts
from lowbackground.pipeline.verdicts.policy import Policy
from lowbackground.pipeline.verdicts.policy_file import load_policy, parse_policy, policy_path
from lowbackground.pipeline.verdicts.priors import Priors, load_priors, priors_path
from lowbackground.pipeline.yaml_files import parse_yaml

TRUST = "_run/trust"
POLICY, PRIORS = "_run/policy.yaml", "_run/priors.yaml"


@dataclass(frozen=True, slots=True)
class DetectorFacts:
    """A detector of this run, as output and statement name it; `own` are the user's columns that it reads."""

    name: str
    version: str
    basis: str
    exact: bool
    options: str
    own: tuple[OwnColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class Setup:
    """Fixed at plan time, sent to every worker.

    `options` maps each detector that runs to its options, `models` are those of them that hold a model. `trust` is the folder that workers read, null where no
    list is installed; `trust_lists` what is in it. `expired` are detectors whose calibration has expired, each with the day;
    `uncalibrated` are those that score and have none.
    """

    as_of: datetime
    policy: Policy
    policy_path: Path
    priors: Priors
    priors_path: Path
    options: Mapping[str, Mapping[str, Any]]
    detectors: tuple[DetectorFacts, ...]
    columns: tuple[tuple[str, pa.Schema], ...]
    trust: Path | None
    trust_lists: tuple[TrustList, ...]
    trust_digest: str
    models: tuple[ModelFacts, ...]
    expired: tuple[tuple[str, str], ...] = ()
    uncalibrated: tuple[str, ...] = ()

    @property
    def policy_digest(self) -> str:
        """Of rules and cut-offs."""
        return self.policy.digest

    @property
    def inexact(self) -> frozenset[str]:
        """Detectors whose answer may differ between machines."""
        return frozenset(facts.name for facts in self.detectors if not facts.exact)

    def identity(self) -> dict[str, str]:
        """A digest for each part that can change the output."""
        return {
            "policy": self.policy.digest,
            "priors": self.priors.digest,
            "detectors": json_digest([[facts.name, facts.version, facts.options] for facts in self.detectors]),
            "trust lists": self.trust_digest,
        }

    @property
    def model_names(self) -> frozenset[str]:
        """The detectors that hold a model."""
        return frozenset(facts.name for facts in self.models)

    def own_columns(self) -> tuple[tuple[str, OwnColumn], ...]:
        """The user's columns that detectors read, each with the name of the detector."""
        return tuple((facts.name, own) for facts in self.detectors for own in facts.own)

    def build_detectors(self, names: Collection[str] | None = None) -> tuple[Detector, ...]:
        """The detectors, or those of these names that run, in the order of their names; no model is loaded yet.

        Raises:
            ConfigError: one of them cannot be built here.
        """
        options = {name: given for name, given in self.options.items() if names is None or name in names}
        return _build(options, RunFacts(self.as_of, self.trust))

    def build_decider(self, config: Config) -> Decider:
        """What turns their findings into decisions."""
        return Decider.of(self.policy, self.priors, config)

    def output_schema(self, inputs: Iterable[tuple[str, pa.Schema]], config: Config) -> OutputSchema:
        """The schema of a run over these inputs."""
        return output_schema(inputs, self.columns, emit=config.emit, rejected=config.rejected)

    def publish(self, storage: Storage) -> "Setup":
        """Copy policy and trust lists into an output folder; workers of a local one read that copy of the lists."""
        storage.write(POLICY, self.policy_path.read_bytes())
        storage.write(PRIORS, self.priors_path.read_bytes())
        if self.trust is None:
            return self
        if storage.is_local:
            target = storage.local(TRUST)
            if target != self.trust:
                copy_lists(self.trust, target)
            return replace(self, trust=target)
        for path in sorted(self.trust.iterdir()):
            storage.write(f"{TRUST}/{path.name}", path.read_bytes())
        return self

    def notices(self) -> tuple[str, ...]:
        """What the first and the last lines of a run must say."""
        said = tuple(
            f"the calibration of {name} expired on {day}, so its evidence weighs less; `lowbackground calibrate {name}` makes a new one"
            for name, day in self.expired
        )
        if self.uncalibrated:
            words = f"no calibration for {', '.join(self.uncalibrated)}: scores are written, and decide nothing; "
            said += (words + f"`lowbackground calibrate {self.uncalibrated[0]} HUMAN_DATA -o FILE` makes one",)
        if self.trust_lists or "content_credentials" not in self.options:
            return said
        words = "no trust list is installed: signers are judged by the snapshot compiled into encypher-c2pa. "
        return (*said, words + "`lowbackground trust update` installs the official lists")


def prepare(config: Config, as_of: datetime) -> Setup:
    """Load all that a configuration names.

    Raises:
        ConfigError: a policy, a table, a trust list or an option of a detector is wrong.
    """
    policy, priors = load_policy(config.policy), load_priors(config.prior.table)
    try:
        folder = Path(config.trust_folder) if config.trust_folder else user_folder()
        lists = lists_in(folder)
        digest = folder_digest(folder)
    except TrustError as error:
        raise ConfigError(str(error)) from error
    trust = folder if lists else None
    options = enabled(config.detectors, policy)
    detectors = _build(options, RunFacts(as_of, trust))
    facts = tuple(
        DetectorFacts(d.name, d.version, d.basis.value, d.exact, json_digest(_plain(options[d.name])), d.needs.own)
        for d in detectors
    )
    columns = tuple((detector.name, detector.columns) for detector in detectors)
    models = tuple(ModelFacts.of(detector) for detector in detectors if isinstance(detector, HoldsModel))
    return Setup(
        as_of,
        policy,
        policy_path(config.policy),
        priors,
        priors_path(config.prior.table),
        options,
        facts,
        columns,
        trust,
        lists,
        digest,
        models,
        tuple(_expired(detectors, as_of)),
        tuple(detector.name for detector in detectors if _lacks_calibration(detector)),
    )


def _expired(detectors: Iterable[Detector], as_of: datetime) -> Iterator[tuple[str, str]]:
    """The detectors whose calibration has expired, and when. A detector of a package of others may have none."""
    for detector in detectors:
        calibration = getattr(detector, "calibration", None)
        if isinstance(calibration, Calibration) and calibration.is_stale(as_of):
            yield detector.name, calibration.expires.isoformat()


def _lacks_calibration(detector: Detector) -> bool:
    """Whether a detector gives scores that mean nothing without a calibration, and has none."""
    return isinstance(getattr(detector, "scale", None), Scale) and getattr(detector, "calibration", None) is None


def enabled(sections: Mapping[str, Mapping[str, Any]], policy: Policy) -> dict[str, dict[str, Any]]:
    """The detectors that run, with their options: those on by default and those enabled, less those disabled.

    Raises:
        ConfigError: a section names a detector that is not installed.
    """
    names = set(default_names()) | set(sections)
    installed = {found.name for found in available()}
    if unknown := sorted(name for name in names if detector_of(name, installed) not in installed):
        named = (
            ". The name behind a slash takes letters, digits, - and _" if any("/" in name for name in unknown) else ""
        )
        raise ConfigError(
            f"detectors: {', '.join(unknown)}: not installed; `lowbackground detectors` lists what is{named}"
        )
    names -= {name for name, section in sections.items() if not section.get("enabled", True)}
    options = {
        name: {key: value for key, value in sections.get(name, {}).items() if key != "enabled"}
        for name in sorted(names)
    }
    if "era" in options:  # one place decides where an era begins: the policy, unless the user says otherwise
        options["era"].setdefault("cutoffs", dict(policy.cutoffs))
    return options


def _build(options: Mapping[str, Mapping[str, Any]], facts: RunFacts) -> tuple[Detector, ...]:
    try:
        return tuple(build(options, facts))
    except ValueError as error:
        raise ConfigError(str(error)) from error


def _plain(value: Any) -> Any:
    """Options as JSON: dates become text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def policy_of(storage: Storage) -> Policy:
    """The policy by which an output folder was decided.

    Raises:
        ConfigError: it is damaged.
    """
    where = f"{storage.root}/{POLICY}"
    return parse_policy(parse_yaml(storage.read(POLICY), where), where, "policy")
