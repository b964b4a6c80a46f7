"""Installed detectors: found by entry points, built from options, and harmless when they are broken."""

from collections.abc import Callable
from pathlib import Path

import pytest

from lowbackground.detectors.contract import RunFacts
from lowbackground.detectors.registry import (
    GROUP,
    DetectorSetupError,
    available,
    build,
    default_names,
    documented_reasons,
)
from tests.factories import AS_OF, records

RUN = RunFacts(AS_OF)

MODULE = '''
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated
import pyarrow as pa
from pydantic import Field
from lowbackground.detectors.contract import Findings, Needs, RunFacts
from lowbackground.detectors.evidence import Basis, Evidence, Signal

@dataclass
class Acme:
    key: str = ""
    since: object = None
    as_of: object = None
    name: str = "acme"
    version: str = "2"
    basis: Basis = Basis.WATERMARK
    needs: Needs = Needs(("text",))
    columns: pa.Schema = pa.schema([])
    exact: bool = True
    def __call__(self, records, /):
        return Findings([Evidence(Signal.SILENT, "acme.none")] * records.num_rows)

def acme(*, key: Annotated[str, Field(max_length=9)], gamma: float = 0.25, since: dict[str, date] = {}, run: RunFacts) -> Acme:
    """Finds the mark of Acme.

    More words.
    """
    return Acme(key, since, run.as_of)

def plain() -> Acme:
    return Acme(name="plain")

def odd() -> Acme:
    return Acme(name="odd/name")

class Bare:
    name, version, basis, needs, columns, exact = "fixed", "1", Basis.CONTEXT, Needs(("text",)), pa.schema([]), True
    def __call__(self, records, /):
        return Findings([Evidence(Signal.SILENT, "acme.none")] * records.num_rows)

def fixed() -> Bare:
    return Bare()

@dataclass
class Stuck(Acme):
    name: str = field(default="stuck", init=False)

def stuck() -> Stuck:
    return Stuck()

def picky(level: int = 1) -> Acme:
    raise ValueError(f"level {level} is too low")

def no_detector() -> object:
    return object()

def upstart() -> Acme:
    return Acme(name="not-upstart")

def wrong_needs() -> Acme:
    return Acme(name="wrong_needs", needs=Needs(("pixels",)))

def unnamed(key, /) -> Acme:
    return Acme()

def untyped(**options) -> Acme:
    return Acme(name="untyped", key=str(sorted(options)))

NOT_CALLABLE = 3
'''


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a distribution with these entry points where Python finds it."""

    def put(distribution: str, **entries: str) -> None:
        folder = tmp_path / distribution
        info = folder / f"{distribution}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
        lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}", encoding="utf-8")
        (folder / f"{distribution}_code.py").write_text(MODULE, encoding="utf-8")
        (folder / f"{distribution}_broken.py").write_text("import not_installed_anywhere\n", encoding="utf-8")
        monkeypatch.syspath_prepend(folder)

    return put


def test_the_built_in_era_comes_through_the_same_door() -> None:
    (found,) = (each for each in available() if each.name == "era")
    assert (found.distribution, found.error) == ("lowbackground", None)
    assert found.summary == "Finds records that were captured before generators of their kind existed."
    assert [(option.name, option.required) for option in found.options] == [("cutoffs", False)]
    (detector,) = build({"era": {}}, RUN)
    assert detector.name == "era"


def test_a_detector_of_somebody_else_is_found_with_its_options_and_built_from_them(
    install: Callable[..., None],
) -> None:
    install("acme", acme="acme_code:acme")
    (found,) = (each for each in available() if each.name == "acme")
    assert (found.distribution, found.summary) == ("acme", "Finds the mark of Acme.")
    assert [(option.name, option.type, option.required) for option in found.options] == [
        ("key", "str", True),
        ("gamma", "float", False),
        ("since", "dict[str, datetime.date]", False),
    ]
    (detector,) = build({"acme": {"key": "k", "since": {"text": "2020-01-01"}}}, RUN)
    assert vars(detector)["since"]["text"].year == 2020
    assert vars(detector)["as_of"] == AS_OF
    assert len(detector(records([{"text": "x"}])).evidence) == 1


def test_detectors_are_built_in_the_order_of_their_names(install: Callable[..., None]) -> None:
    install("acme", acme="acme_code:acme", plain="acme_code:plain")
    assert [d.name for d in build({"plain": {}, "era": {}, "acme": {"key": "k"}}, RUN)] == ["acme", "era", "plain"]


def test_installing_a_package_changes_nothing_by_itself(install: Callable[..., None]) -> None:
    before = default_names()
    install("acme", plain="acme_code:plain")
    assert default_names() == before
    assert "era" in before


def test_a_broken_detector_is_reported_and_stops_nobody_who_did_not_ask_for_it(install: Callable[..., None]) -> None:
    install("acme", ruin="acme_broken:anything", three="acme_code:NOT_CALLABLE", unnamed="acme_code:unnamed")
    errors = {each.name: each.error for each in available() if each.distribution == "acme"}
    assert errors["ruin"] == "ModuleNotFoundError: No module named 'not_installed_anywhere'"
    assert errors["three"] == "TypeError: acme_code:NOT_CALLABLE is no function"
    assert "cannot be given by name" in (errors["unnamed"] or "")
    assert [detector.name for detector in build({"era": {}}, RUN)] == ["era"]
    with pytest.raises(DetectorSetupError, match="detector ruin of acme cannot be loaded: ModuleNotFoundError"):
        build({"ruin": {}}, RUN)


def test_nobody_takes_the_name_of_a_built_in_detector(install: Callable[..., None]) -> None:
    install("acme", era="acme_code:plain")
    theirs = [each for each in available() if each.name == "era" and each.distribution == "acme"]
    assert [each.error for each in theirs] == ["the name is taken by lowbackground"]
    (detector,) = build({"era": {}}, RUN)
    assert type(detector).__module__ == "lowbackground.detectors.era"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("acme", {}, "detector acme: key: required, and not given. Its options are: key, gamma, since"),
        ("acme", {"key": "k", "gama": 1}, "detector acme: gama: unknown option. Its options are: key, gamma, since"),
        ("acme", {"key": "k", "gamma": "much"}, "detector acme: gamma: Input should be a valid number"),
        ("acme", {"key": "k", "since": {"text": "yore"}}, "detector acme: since.text: Input should be a valid date"),
        ("acme", {"key": "k", "run": 1}, "detector acme: run: unknown option"),
        ("picky", {"level": 0}, "detector picky: level 0 is too low"),
        ("no_detector", {}, "detector no_detector of acme: object is no detector: it has no name, version, basis"),
        ("upstart", {}, "detector upstart of acme: calls itself 'not-upstart'"),
        ("wrong_needs", {}, "needs the columns pixels; there are id, source"),
        ("missing", {}, "no detector named 'missing' is installed; there are acme, "),
        ("era", {"cutoffs": {"images": "2020-01-01"}}, "detector era: no media kind is named images"),
    ],
)
def test_what_cannot_be_set_up_is_refused_with_detector_and_option(
    install: Callable[..., None], name: str, options: dict[str, object], message: str
) -> None:
    install(
        "acme", **{each: f"acme_code:{each}" for each in ("acme", "picky", "no_detector", "upstart", "wrong_needs")}
    )
    with pytest.raises(DetectorSetupError) as refused:
        build({name: options}, RUN)
    assert message in str(refused.value)


def test_a_detector_can_run_several_times_under_names_of_its_own(install: Callable[..., None]) -> None:
    install("acme", acme="acme_code:acme", **{"odd/name": "acme_code:odd"})
    first, second, odd = build({"acme": {"key": "a"}, "acme/second": {"key": "b"}, "odd/name": {}}, RUN)
    assert [each.name for each in (first, second, odd)] == ["acme", "acme/second", "odd/name"]
    assert (first.key, second.key) == ("a", "b")  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["acme/", "/acme", "acme/a b", "acme/a/b", "acme.a", "other/acme", "acme/" + "x" * 61])
def test_what_is_no_name_of_an_installed_detector_is_refused(install: Callable[..., None], name: str) -> None:
    install("acme", acme="acme_code:acme")
    with pytest.raises(DetectorSetupError, match="no detector named"):
        build({name: {"key": "a"}}, RUN)


@pytest.mark.parametrize("name", ["fixed", "stuck"])
def test_a_detector_that_cannot_be_called_otherwise_runs_once(install: Callable[..., None], name: str) -> None:
    install("acme", **{name: f"acme_code:{name}"})
    build({name: {}}, RUN)
    with pytest.raises(DetectorSetupError, match=f"detector {name}/second: {name} can run once only"):
        build({f"{name}/second": {}}, RUN)


def test_reasons_are_known_where_every_installed_detector_documents_its_own(install: Callable[..., None]) -> None:
    known = documented_reasons()
    assert known is not None
    assert {"era.before-cutoff", "c2pa.captured"} <= known
    install("acme", plain="acme_code:plain")  # documents none
    assert documented_reasons() is None


def test_a_factory_may_take_any_options(install: Callable[..., None]) -> None:
    install("acme", untyped="acme_code:untyped")
    (detector,) = build({"untyped": {"b": 1, "a": 2}}, RUN)
    assert vars(detector)["key"] == "['a', 'b']"
