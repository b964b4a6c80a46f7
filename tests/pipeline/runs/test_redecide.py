"""Deciding again gives what a run by the new policy would have given, without the input."""

import json
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from lowbackground.detectors.evidence import Basis, Evidence, Finding, Signal
from lowbackground.detectors.text_classifier.weights import shipped_calibration
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.output.rows import encode_evidence, finding_of
from lowbackground.pipeline.runs.plan import STATEMENT
from lowbackground.pipeline.runs.redecide import redecide
from lowbackground.pipeline.runs.run import run
from tests.assets import tiny
from tests.factories import AS_OF
from tests.signing import sign


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """A run over dated and undated texts, one broken line, and signed pictures."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    rows = [
        {"id": f"t{n}", "text": f"{n} words on a page. " * (2 + 20 * (n % 2)), "when": f"{2017 + n % 8}-06-01"}
        for n in range(40)
    ]
    (corpus / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + "{broken\n")
    action = {
        "action": "c2pa.created",
        "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    }
    manifest = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [action]}}]}
    (corpus / "ai.jpg").write_bytes(sign(tiny("image/jpeg"), "image/jpeg", manifest))
    (corpus / "plain.png").write_bytes(tiny("image/png"))
    values = {
        "inputs": [str(corpus)],
        "out": str(tmp_path / "out"),
        "as_of": AS_OF,
        "workers": 1,
        "max_unreadable": 1.0,
        "trust_folder": str(tmp_path / "trust"),
        "read": {"columns": {"captured_at": "when", "captured_at_kind": "captured"}},
    }
    return Config.model_validate(values)


def rows(out: str | Path, folder: str) -> list[dict[str, Any]]:
    return [row for path in sorted((Path(out) / folder).glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


@pytest.mark.parametrize(
    "changes", [{}, {"policy": "strict"}, {"keep": ("human",)}, {"policy": "strict", "keep": ("synthetic",)}]
)
def test_it_gives_the_rows_that_a_run_with_these_values_gives(
    config: Config, tmp_path: Path, changes: dict[str, Any]
) -> None:
    first = run(config)
    fresh = run(config.with_values(out=str(tmp_path / "fresh"), **changes))
    again = redecide(config.out, str(tmp_path / "again"), **changes)
    assert again.tally.balances()
    assert again.tally == fresh.tally
    assert first.tally.read == again.tally.read
    for folder in ("kept", "rejected", "unreadable"):
        assert rows(tmp_path / "again", folder) == rows(tmp_path / "fresh", folder)


def test_the_old_output_is_untouched_and_the_new_one_vouched_for(config: Config, tmp_path: Path) -> None:
    from lowbackground.manifests.statement import verify

    run(config)
    before = {path: path.read_bytes() for path in Path(config.out).rglob("*.parquet")}
    redecide(config.out, str(tmp_path / "again"), keep=("human",))
    assert {path: path.read_bytes() for path in Path(config.out).rglob("*.parquet")} == before
    assert verify(orjson.loads((tmp_path / "again/_run/statement.json").read_bytes()), tmp_path / "again") == []


def test_a_refused_change_of_policy_points_here(config: Config) -> None:
    run(config)
    for change in ({"policy": "strict"}, {"keep": ("human",)}):
        with pytest.raises(ConfigError, match="lowbackground redecide OUT -o NEW"):
            run(config.with_values(**change))


def test_rows_that_are_gone_cannot_be_decided_again(config: Config, tmp_path: Path) -> None:
    run(config.with_values(rejected="none"))
    with pytest.raises(ConfigError, match="rejected: none"):
        redecide(config.out, str(tmp_path / "again"))


def test_an_unfinished_output_is_refused(config: Config, tmp_path: Path) -> None:
    run(config)
    next((Path(config.out) / "_run" / "units").glob("*.json")).unlink()
    with pytest.raises(ConfigError, match="1 of 2 units are not done"):
        redecide(config.out, str(tmp_path / "again"))


def test_a_folder_that_is_no_output_and_one_that_is_not_empty_are_refused(config: Config, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no output of a run"):
        redecide(str(tmp_path), str(tmp_path / "again"))
    run(config)
    with pytest.raises(ConfigError, match="is not empty"):
        redecide(config.out, config.out)


def test_an_interrupted_decision_goes_on(config: Config, tmp_path: Path) -> None:
    run(config)
    redecide(config.out, str(tmp_path / "again"), keep=("human",))
    before = {path.name: path.read_bytes() for path in (tmp_path / "again").rglob("part-*")}
    min((tmp_path / "again/_run/units").glob("*.json")).unlink()
    redecide(config.out, str(tmp_path / "again"), keep=("human",))
    assert {path.name: path.read_bytes() for path in (tmp_path / "again").rglob("part-*")} == before
    with pytest.raises(ConfigError, match="is not empty"):
        redecide(config.out, str(tmp_path / "again"), keep=("synthetic",))


def test_a_policy_that_was_edited_since_does_not_decide(config: Config, tmp_path: Path) -> None:
    from lowbackground.pipeline.verdicts.policy_file import policy_path

    own = tmp_path / "own.yaml"
    own.write_bytes(policy_path("standard").read_bytes())
    first = run(config.with_values(policy=str(own)))
    own.write_text("broken: [")
    again = redecide(config.out, str(tmp_path / "again"))
    assert again.tally == first.tally


def test_without_the_text_the_reasons_of_silence_stay(config: Config, tmp_path: Path) -> None:
    first = run(config.with_values(emit="attributes"))
    assert redecide(config.out, str(tmp_path / "again")).tally.unknown == first.tally.unknown


@pytest.mark.parametrize("kept", [True, False])
def test_silent_evidence_is_written_again_with_the_detail_that_it_had(kept: bool) -> None:
    silent = Evidence(Signal.SILENT, "text-model.no-calibration", score=1.0, detail='{"tokens":5}', keep_detail=kept)
    stored = encode_evidence([(Finding("text_model", "1", Basis.CLASSIFIER, silent),)], [(0.0,)])
    again = encode_evidence([tuple(map(finding_of, stored.to_pylist()[0]))], [(0.0,)])
    assert again.to_pylist() == stored.to_pylist()
    assert (stored.to_pylist()[0][0]["detail"] is not None) == kept


def test_what_a_detector_needed_need_not_be_there_any_more(config: Config, tmp_path: Path) -> None:
    calibration = tmp_path / "moved.json"
    calibration.write_bytes(shipped_calibration().read_bytes())
    run(config.with_values(detectors={"ai_text": {"calibration": str(calibration)}}))
    calibration.unlink()
    assert redecide(config.out, str(tmp_path / "again"), keep=("human",)).tally.balances()


def test_the_statement_names_the_detectors_that_found_the_evidence(config: Config, tmp_path: Path) -> None:
    run(config)
    path = Path(config.out) / STATEMENT
    told = orjson.loads(path.read_bytes())
    (ai_text,) = (each for each in told["predicate"]["detectors"] if each["name"] == "ai_text")
    ai_text["version"] = "of last year"
    path.write_bytes(orjson.dumps(told))
    redecide(config.out, str(tmp_path / "again"), policy="strict")
    again = orjson.loads((tmp_path / "again" / STATEMENT).read_bytes())["predicate"]["detectors"]
    assert [each["name"] for each in again] == [each["name"] for each in told["predicate"]["detectors"]]
    assert ai_text in again
    (before,) = (each for each in told["predicate"]["detectors"] if each["name"] == "era")
    (after,) = (each for each in again if each["name"] == "era")
    assert before["options"] != after["options"]  # its cut-offs are those of the new policy, for it was asked anew


def test_records_of_inexact_detectors_stay_outside_of_the_identity(config: Config, tmp_path: Path) -> None:
    assert run(config).tally.outside_identity == 0
    path = Path(config.out) / STATEMENT
    told = orjson.loads(path.read_bytes())
    for each in told["predicate"]["detectors"]:
        each["exact"] = each["name"] != "llm_residue"
    path.write_bytes(orjson.dumps(told))
    again = redecide(config.out, str(tmp_path / "again")).tally
    assert 0 < again.outside_identity < again.records


@pytest.mark.parametrize(("content", "words"), [(None, "has no _run/statement.json"), (b"{}", "is damaged")])
def test_an_output_that_does_not_say_who_found_its_evidence_is_refused(
    config: Config, tmp_path: Path, content: bytes | None, words: str
) -> None:
    run(config)
    path = Path(config.out) / STATEMENT
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        redecide(config.out, str(tmp_path / "again"))
