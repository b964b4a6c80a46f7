"""Detectors that are installed: entry points to factories, factories and options to detectors.

- The built-in detectors come through the same door as those of others: the entry point group `GROUP`.
- The keyword arguments of a factory are its options; a factory that takes `run` is given the facts of the run.
- A detector that cannot be loaded is reported, and stops nobody who did not ask for it.
- Installing a package changes no result: others' detectors run only where a configuration names them.
- A detector can run several times with other options: the section `text_model/second` is about a `text_model` that is
  called so in the output.
"""

import inspect
import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import lru_cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import Annotated, Any, get_args, get_origin

from lowbackground.detectors.contract import MEDIA_KINDS, RECORDS, Detector, Needs, RunFacts
from lowbackground.detectors.evidence import Basis

GROUP = "lowbackground.detectors"
OWN = "lowbackground"  # the distribution of the built-in detectors
_OWN_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}\Z")

Factory = Callable[..., Detector]


class DetectorSetupError(ValueError):
    """A detector cannot be set up: it is not installed, does not load, or its options are wrong."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a detector; `default` is meaningless where the option is required."""

    name: str
    type: str
    default: Any
    required: bool


@dataclass(frozen=True, slots=True)
class Available:
    """An installed detector: its factory, or the reason why there is none."""

    name: str
    distribution: str
    factory: Factory | None
    error: str | None = None

    @property
    def summary(self) -> str:
        """What it finds, in a line: the first of the factory's documentation."""
        return (inspect.getdoc(self.factory) or "").partition("\n")[0]

    @property
    def options(self) -> tuple[Option, ...]:
        """Its options, in the order of the factory."""
        return () if self.factory is None else _options(self.factory)


def available() -> tuple[Available, ...]:
    """Every installed detector by name, built-in ones first; all of them are imported."""
    return tuple(_load(entry, taken) for entry, taken in _entries())


def default_names() -> tuple[str, ...]:
    """The detectors that run where a configuration names none: built in, and in need of no option."""
    found = [_load(entry, taken) for entry, taken in _entries() if _distribution(entry) == OWN]
    return tuple(each.name for each in found if not any(option.required for option in each.options))


def documented_reasons() -> frozenset[str] | None:
    """Every reason that installed detectors can give, by the `REASONS` beside their factories.

    Null where one of them documents none, or does not load: then nobody can say that a reason is never given.
    """
    reasons: set[str] = set()
    for found in available():
        documented = getattr(sys.modules.get(getattr(found.factory, "__module__", "")), "REASONS", None)
        if not isinstance(documented, Mapping):
            return None
        reasons.update(documented)
    return frozenset(reasons)


def build(options: Mapping[str, Mapping[str, Any]], run: RunFacts) -> list[Detector]:
    """The detectors of these sections of a configuration with their options, in the order of the sections' names.

    Raises:
        DetectorSetupError: one is not installed, does not load, or refuses an option; the message names both.
    """
    there = {entry.name: entry for entry, taken in _entries() if taken is None}
    names = {section: detector_of(section, there) for section in options}
    loaded = {name: _load(there[name], None) for name in set(names.values()) if name in there}
    return [_build(section, loaded.get(names[section]), options[section], run) for section in sorted(options)]


def detector_of(section: str, installed: Collection[str]) -> str:
    """The detector that a section is about: `text_model` of `text_model`, and of `text_model/second`."""
    name, _, own = section.rpartition("/")
    return name if section not in installed and name in installed and _OWN_NAME.match(own) else section


def _entries() -> Iterable[tuple[EntryPoint, str | None]]:
    """Each entry point, built-in ones first, and the distribution that had its name before, if one had."""
    owner: dict[str, str] = {}
    ordered = sorted(
        entry_points(group=GROUP), key=lambda entry: (_distribution(entry) != OWN, entry.name, _distribution(entry))
    )
    for entry in ordered:
        yield entry, owner.get(entry.name)
        owner.setdefault(entry.name, _distribution(entry))


def _distribution(entry: EntryPoint) -> str:
    return _name_of(entry.dist) if entry.dist is not None else "unknown"


@lru_cache(maxsize=64)
def _name_of(distribution: Distribution) -> str:
    return distribution.name  # parses the whole of its metadata, every time


def _load(entry: EntryPoint, taken: str | None) -> Available:
    if taken is not None:
        return Available(entry.name, _distribution(entry), None, f"the name is taken by {taken}")
    try:
        factory = entry.load()
        if not callable(factory):
            raise TypeError(f"{entry.value} is no function")
        _options(factory)
    except Exception as error:  # whatever another package does when it is imported
        return Available(entry.name, _distribution(entry), None, f"{type(error).__name__}: {error}")
    return Available(entry.name, _distribution(entry), factory)


def _options(factory: Factory) -> tuple[Option, ...]:
    """The keyword arguments of a factory, less `run`.

    Raises:
        TypeError: an argument cannot be given by name.
    """
    options = []
    for parameter in inspect.signature(factory).parameters.values():
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise TypeError(f"the argument {parameter.name} of the factory cannot be given by name")
        if parameter.name == "run" or parameter.kind in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}:
            continue
        required = parameter.default is parameter.empty
        options.append(Option(parameter.name, _hint(parameter), None if required else parameter.default, required))
    return tuple(options)


def _hint(parameter: inspect.Parameter) -> str:
    """The type of an option in words; limits that come with it stand in the error about a wrong value."""
    annotation = parameter.annotation
    if annotation is parameter.empty:
        return "any"
    return inspect.formatannotation(get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation)


def _build(section: str, found: Available | None, options: Mapping[str, Any], run: RunFacts) -> Detector:
    if found is None:
        installed = ", ".join(sorted({entry.name for entry, _ in _entries()}))
        raise DetectorSetupError(f"no detector named {section!r} is installed; there are {installed}")
    if found.factory is None:
        raise DetectorSetupError(f"detector {section} of {found.distribution} cannot be loaded: {found.error}")
    arguments = dict(options)
    if "run" in arguments:
        raise DetectorSetupError(f"detector {section}: run: unknown option; the run itself gives it")
    if "run" in inspect.signature(found.factory).parameters:
        arguments["run"] = run
    detector = _called(section, found.factory, arguments)
    if problem := shape_problem(detector):
        raise DetectorSetupError(f"detector {section} of {found.distribution}: {problem}")
    if detector.name != found.name:
        raise DetectorSetupError(f"detector {section} of {found.distribution}: calls itself {detector.name!r}")
    return detector if section == found.name else _called_anew(detector, section)


def _called_anew(detector: Detector, name: str) -> Detector:
    """The same detector under the name of its section."""
    if is_dataclass(detector) and "name" in {each.name for each in fields(detector) if each.init}:
        again: Detector = replace(detector, name=name)
        return again
    raise DetectorSetupError(
        f"detector {name}: {detector.name} can run once only: it is no dataclass with the field `name`, which is what lets "
        "one run under several names"
    )


def _called(name: str, factory: Factory, arguments: Mapping[str, Any]) -> Detector:
    """The factory, called with arguments that fit their annotations."""
    from pydantic import ConfigDict, ValidationError, validate_call

    try:
        checked: Factory = validate_call(config=ConfigDict(arbitrary_types_allowed=True))(factory)
        return checked(**arguments)
    except ValidationError as error:
        known = ", ".join(option.name for option in _options(factory)) or "none"
        problems = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {_WORDS.get(each['type'], each['msg'])}"
            for each in error.errors(include_url=False)
        )
        raise DetectorSetupError(f"detector {name}: {problems}. Its options are: {known}") from error
    except ValueError as error:  # its words are about the option, and say enough
        raise DetectorSetupError(f"detector {name}: {error}") from error
    except Exception as error:  # whatever a factory does with its options is for the operator to mend
        raise DetectorSetupError(f"detector {name}: {type(error).__name__}: {error}") from error


_WORDS = {
    "unexpected_keyword_argument": "unknown option",
    "missing_keyword_only_argument": "required, and not given",
    "missing_argument": "required, and not given",
}


def shape_problem(detector: object) -> str | None:
    """What an object lacks to be a detector, if anything."""
    if not isinstance(detector, Detector):
        missing = [each for each in _ATTRIBUTES if not hasattr(detector, each)]
        return f"{type(detector).__name__} is no detector: it has no {', '.join(missing)}"
    if not isinstance(detector.name, str) or not isinstance(detector.version, str) or not detector.version:
        return "name and version must be text that is not empty"
    if not isinstance(detector.basis, Basis):
        return f"basis must be one of {', '.join(Basis)}"
    if not isinstance(detector.needs, Needs) or not detector.needs.any_of:
        return "needs must name at least one column"
    if unknown := sorted({*detector.needs.any_of, *detector.needs.also} - set(RECORDS.names)):
        return f"needs the columns {', '.join(unknown)}; there are {', '.join(RECORDS.names)}"
    if unknown := sorted(set(detector.needs.kinds) - set(MEDIA_KINDS)):
        return f"needs the media kinds {', '.join(unknown)}; there are {', '.join(MEDIA_KINDS)}"
    if wrong := [name for name in detector.columns.names if not name.startswith("prov_")]:
        return f"the columns {', '.join(wrong)} must begin with prov_"
    return None


_ATTRIBUTES = ("name", "version", "basis", "needs", "columns", "exact", "__call__")
