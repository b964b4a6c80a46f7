"""A run as its user sees it: labels, accounting, resuming, refusing."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
import yaml

from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.runs.plan import make_plan, publish
from lowbackground.pipeline.runs.run import run
from lowbackground.pipeline.runs.summary import RunResult, summary
from tests.assets import tiny
from tests.factories import AS_OF

PROSE = "A sentence about the weather of the day, which was fair, and about the road, which was long. " * 8


def jsonl(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rows_of(out: Path, folder: str = "kept") -> list[dict[str, Any]]:
    return [row for path in sorted((out / folder).glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def files_of(out: Path) -> dict[str, bytes]:
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for folder in ("kept", "rejected", "unreadable")
        for path in sorted((out / folder).glob("*"))
    }


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Three shards of texts, dated and undated, with one broken line."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    for shard in range(3):
        rows: list[dict[str, Any]] = [
            {
                "id": f"{shard}-{n}",
                "text": f"{n} {PROSE}",
                "crawled": "2020-05-01T00:00:00Z" if n % 2 else "2024-05-01T00:00:00Z",
                "n": n,
            }
            for n in range(20)
        ]
        path = jsonl(folder / f"shard-{shard}.jsonl", rows)
        if shard == 1:
            path.write_bytes(path.read_bytes() + b"{broken\n")
    return folder


@pytest.fixture
def config(corpus: Path, tmp_path: Path) -> Config:
    return Config.model_validate(
        {
            "inputs": [str(corpus)],
            "out": str(tmp_path / "out"),
            "as_of": AS_OF,
            "workers": 1,
            "max_unreadable": 0.5,
            "trust_folder": str(tmp_path / "trust"),
            "detectors": {"text_credentials": {"enabled": False}, "content_credentials": {"enabled": False}},
            "read": {"columns": {"captured_at": "crawled", "captured_at_kind": "captured"}},
        }
    )


@pytest.fixture
def filtered(config: Config) -> tuple[Config, RunResult, Path]:
    return config, run(config), Path(config.out)


Filtered = tuple[Config, RunResult, Path]


def test_every_record_that_was_read_is_accounted_for(filtered: Filtered) -> None:
    _, result, out = filtered
    assert result.tally.balances()
    assert (result.tally.read, len(rows_of(out)), len(rows_of(out, "unreadable"))) == (61, 60, 1)
    for path in (out / "_run" / "units").glob("*.json"):
        counts = orjson.loads(path.read_bytes())["counts"]
        assert counts["read"] == counts["kept"] + counts["rejected"] + counts["unreadable"] + sum(
            counts["skipped"].values()
        )


def test_captured_before_the_cutoff_is_human_and_the_rest_unknown_with_a_reason(filtered: Filtered) -> None:
    _, _, out = filtered
    for row in rows_of(out):
        old = row["prov_captured_at"] < datetime(2022, 11, 30, tzinfo=UTC)
        assert row["prov_label"] == ("human" if old else "unknown")
        assert row["prov_rule"] == ("era" if old else None)
        assert (row["prov_unknown_reason"] is None) == old


def test_prior_and_contributions_sum_to_the_stored_logit(filtered: Filtered) -> None:
    _, _, out = filtered
    for row in rows_of(out):
        total = row["prov_prior"] + sum(evidence["contribution"] for evidence in row["prov_evidence"])
        assert total == pytest.approx(row["prov_logit"], abs=1e-6)


def test_the_users_columns_pass_through_and_other_keys_stand_in_extra(filtered: Filtered) -> None:
    _, _, out = filtered
    row = next(row for row in rows_of(out) if row["prov_id"] == "2-3")
    assert row["text"] == f"3 {PROSE}"
    assert json.loads(row["extra"])["n"] == 3


def test_the_same_command_again_does_nothing_and_says_the_same(filtered: Filtered) -> None:
    config, first, out = filtered
    before = files_of(out)
    second = run(config)
    assert files_of(out) == before
    assert second.tally == first.tally
    assert (second.done_before, second.read_now, second.run_id) == (3, 0, first.run_id)


def test_two_workers_write_the_same_bytes_as_one(filtered: Filtered, tmp_path: Path) -> None:
    config, _, out = filtered
    other = config.with_values(out=str(tmp_path / "two"), workers=2)
    run(other)
    assert files_of(tmp_path / "two") == files_of(out)


def test_small_units_hold_the_same_rows_as_large_ones(filtered: Filtered, tmp_path: Path) -> None:
    config, _, out = filtered
    run(config.with_values(out=str(tmp_path / "small"), unit_bytes=4096))
    assert len(list((tmp_path / "small" / "kept").glob("*"))) > 3
    key = ("prov_source", "prov_offset", "prov_label", "text")
    sliced = sorted(tuple(row[name] for name in key) for row in rows_of(tmp_path / "small"))
    assert sliced == sorted(tuple(row[name] for name in key) for row in rows_of(out))


def test_a_unit_without_its_commit_is_done_again_and_its_files_replaced(filtered: Filtered) -> None:
    config, _, out = filtered
    before = files_of(out)
    victim = sorted((out / "_run" / "units").glob("*.json"))[1]
    victim.unlink()
    (out / "kept" / "part-00000000-00000.parquet").write_bytes(b"left by a killed run")
    result = run(config)
    assert (result.done_before, result.units) == (2, 3)
    assert files_of(out) == before


def test_more_inputs_are_an_increment(filtered: Filtered, tmp_path: Path) -> None:
    config, _, out = filtered
    before = files_of(out)
    more = jsonl(tmp_path / "more.jsonl", [{"id": "x", "text": PROSE, "crawled": "2019-01-01"}])
    result = run(config.with_values(inputs=(str(more),)))
    assert result.tally.read == 62
    after = files_of(out)
    assert {name: after[name] for name in before} == before
    assert len(after) == len(before) + 1


def test_without_inputs_the_plan_of_the_folder_is_finished(filtered: Filtered) -> None:
    config, first, out = filtered
    before = files_of(out)
    min((out / "_run" / "units").glob("*.json")).unlink()
    result = run(config.with_values(inputs=()))
    assert (result.tally, files_of(out)) == (first.tally, before)
    assert yaml.safe_load((out / "_run" / "config.yaml").read_text())["inputs"] == list(config.inputs)


def test_a_changed_input_is_refused_and_redone_when_asked(filtered: Filtered, corpus: Path) -> None:
    config, _, out = filtered
    jsonl(corpus / "shard-0.jsonl", [{"id": "new", "text": PROSE, "crawled": "2019-01-01T00:00:00Z"}])
    with pytest.raises(ConfigError, match=r"shard-0\.jsonl: changed since .*--redo-changed"):
        run(config)
    result = run(config.with_values(redo_changed=True))
    assert result.tally.read == 42
    assert "new" in {row["prov_id"] for row in rows_of(out)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"keep": ("human",)}, "keep was"),
        ({"policy": "strict"}, "another policy"),
        ({"as_of": "2027-01-01"}, "as_of was"),
        (
            {"detectors": {"era": {"enabled": False}}},
            r"detectors\.era\.enabled was not set and is False, .*config\.yaml",
        ),
        (
            {
                "detectors": {
                    name: {"enabled": False} for name in ("ai_text", "era", "disclosures", "dwt_dct", "llm_residue")
                }
            },
            r"and 3 more; ",
        ),
    ],
)
def test_another_configuration_is_refused_and_named(filtered: Filtered, change: dict[str, Any], words: str) -> None:
    config, _, _ = filtered
    with pytest.raises(ConfigError, match=words):
        run(config.with_values(**change))


def test_an_option_that_was_left_out_since_is_named(config: Config) -> None:
    run(config.with_values(detectors={"era": {"enabled": False}}))
    with pytest.raises(ConfigError, match=r"detectors\.era\.enabled was False and is not set"):
        run(config.with_values(detectors={}))


def test_a_start_that_finished_nothing_binds_no_folder(config: Config) -> None:
    """Such as one whose model did not load: the option is mended, and the same folder named again."""
    publish(make_plan(config))
    other = config.with_values(keep=("human",))
    with pytest.raises(ConfigError, match="keep was"):
        run(other.with_values(inputs=()))  # which would finish a plan, and there is none of its kind
    assert run(other).exit_code == 0
    assert {row["prov_label"] for row in rows_of(Path(config.out))} == {"human"}


def test_as_of_of_a_resumed_run_is_that_of_its_plan(config: Config) -> None:
    undated = config.with_values(as_of=None)
    first = run(undated)
    assert run(undated).run_id == first.run_id


def test_a_folder_of_another_program_is_refused(config: Config) -> None:
    kept = Path(config.out) / "kept"
    kept.mkdir(parents=True)
    (kept / "theirs.parquet").write_bytes(b"x")
    with pytest.raises(ConfigError, match="another program"):
        run(config)
    assert (kept / "theirs.parquet").read_bytes() == b"x"


def test_duplicate_ids_pass_with_a_note(config: Config, tmp_path: Path) -> None:
    path = jsonl(tmp_path / "twice.jsonl", [{"id": "same", "text": PROSE}] * 2)
    run(config.with_values(inputs=(str(path),)))
    notes = [row["prov_notes"] for row in rows_of(Path(config.out))]
    assert notes == [[], ["duplicate-id"]]


def test_limit_stops_at_that_many_records_in_the_order_of_the_plan(config: Config) -> None:
    result = run(config.with_values(limit=25, workers=2))
    assert result.tally.read == 25
    assert result.tally.balances()


def test_a_sample_is_chosen_by_key_and_counted(config: Config) -> None:
    result = run(config.with_values(sample=0.5))
    assert result.tally.balances()
    assert 10 <= result.tally.skipped["not-sampled"] <= 50


def test_attributes_hold_the_key_and_no_content(config: Config) -> None:
    run(config.with_values(emit="attributes"))
    (row, *_) = rows_of(Path(config.out))
    assert "text" not in row
    assert row["prov_id"] is not None


@pytest.mark.parametrize(("rejected", "folders"), [("full", 1), ("columns", 1), ("none", 0)])
def test_rejected_rows_are_written_as_asked_and_always_counted(config: Config, rejected: str, folders: int) -> None:
    result = run(config.with_values(keep=("human",), rejected=rejected))
    assert result.tally.rejected == 30
    rows = rows_of(Path(config.out), "rejected")
    assert bool(rows) == bool(folders)
    assert all(row["prov_reject_reason"] == "label" and ("text" in row) == (rejected == "full") for row in rows)


def test_a_broken_stream_keeps_its_prefix_and_marks_the_unit(config: Config, corpus: Path) -> None:
    lines = b"".join(json.dumps({"text": f"{n} {PROSE}"}).encode() + b"\n" for n in range(2000))
    packed = gzip.compress(lines)
    (corpus / "cut.jsonl.gz").write_bytes(packed[: len(packed) * 2 // 3])
    result = run(config)
    assert result.exit_code == 1
    assert len(result.broken) == 1
    assert "cut.jsonl.gz" in result.broken[0]
    prefix = [row for row in rows_of(Path(config.out)) if row["prov_source"].endswith("cut.jsonl.gz")]
    assert prefix
    assert result.tally.balances()


def test_too_much_that_is_unreadable_makes_the_exit_code_one(config: Config) -> None:
    assert run(config).exit_code == 0
    assert run(config.with_values(max_unreadable=0.001)).exit_code == 1


def test_two_runs_of_one_folder_do_not_meet(config: Config) -> None:
    import fcntl

    lock = Path(config.out) / "_run" / "lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match="another run is writing there"):
            run(config)
    assert run(config).exit_code == 0


def test_the_statement_vouches_for_what_lies_there(filtered: Filtered) -> None:
    from lowbackground.manifests.statement import verify

    _, _, out = filtered
    statement = orjson.loads((out / "_run" / "statement.json").read_bytes())
    assert verify(statement, out) == []
    victim = next((out / "kept").glob("*.parquet"))
    victim.write_bytes(victim.read_bytes()[:-1])
    assert len(verify(statement, out)) == 1


def test_status_says_done(filtered: Filtered) -> None:
    _, _, out = filtered
    status = orjson.loads((out / "_run" / "status.json").read_bytes())
    assert (status["state"], status["units_done"], status["records"]) == ("done", 3, 61)


def test_output_in_a_store_is_the_output_of_a_folder(config: Config, tmp_path: Path) -> None:
    """A store is anything behind fsspec; `local://` is one that all worker processes see."""
    run(config)
    run(config.with_values(out=f"local://{tmp_path}/store"))
    assert files_of(tmp_path / "store") == files_of(Path(config.out))


def test_no_inputs_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no inputs"):
        run(Config(out=str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()


def test_a_commit_whose_file_is_gone_or_cut_does_not_count(filtered: Filtered) -> None:
    config, _, out = filtered
    before = files_of(out)
    first, second, *_ = sorted((out / "kept").glob("*"))
    first.unlink()
    second.write_bytes(second.read_bytes()[:-1])
    result = run(config)
    assert (result.done_before, files_of(out)) == (1, before)


def test_a_run_that_finished_between_planning_and_publishing_loses_nothing(config: Config) -> None:
    from lowbackground.pipeline.runs.plan import make_plan, publish

    late = make_plan(config)
    run(config)
    before = files_of(Path(config.out))
    publish(late)
    assert files_of(Path(config.out)) == before


def test_redoing_one_file_of_a_group_keeps_the_others(config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "loose"
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.txt").write_text(f"{name} {PROSE}")
    loose = config.with_values(inputs=(str(folder),))
    assert run(loose).tally.kept == 3
    (folder / "b.txt").write_text(f"changed {PROSE}")
    again = run(loose.with_values(inputs=(str(folder / "b.txt"),), redo_changed=True))
    texts = sorted(row["text"].split()[0] for row in rows_of(Path(config.out)))
    assert (again.tally.kept, texts) == (3, ["a", "c", "changed"])


def test_a_new_sidecar_is_a_change_of_its_picture(config: Config, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "p.jpg").write_bytes(tiny("image/jpeg"))
    pictures = config.with_values(inputs=(str(folder),))
    run(pictures)
    (folder / "p.c2pa").write_bytes(b"a manifest store")
    with pytest.raises(ConfigError, match="changed since"):
        run(pictures)


def test_an_output_below_its_input_is_passed_over(config: Config, corpus: Path) -> None:
    inside = config.with_values(out=str(corpus / "out"))
    first = run(inside)
    second = run(inside)
    assert (first.tally.kept, second.tally.kept) == (60, 60)
    assert second.tally.skipped["output-of-a-run"] == 1


def test_a_touched_input_of_the_same_size_gives_the_same_run_id(config: Config, corpus: Path, tmp_path: Path) -> None:
    first = run(config)
    for path in corpus.iterdir():
        path.touch()
    assert run(config.with_values(out=str(tmp_path / "again"))).run_id == first.run_id


@pytest.mark.parametrize("out", ["memory://x", "http://host/x", "simplecache::s3://b/x", "zip://x"])
def test_a_place_that_keeps_nothing_is_refused(config: Config, out: str) -> None:
    with pytest.raises(ConfigError, match="cannot be written to"):
        run(config.with_values(out=out))


def test_an_output_that_is_a_file_is_refused(config: Config, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="is a file"):
        run(config.with_values(out=str(tmp_path / "file")))


def test_a_limit_counts_what_a_sample_took(config: Config) -> None:
    result = run(config.with_values(sample=0.5, limit=10))
    assert result.tally.records == 10
    assert result.tally.balances()


def test_status_does_not_say_done_of_a_run_that_could_not_go_on(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lowbackground.pipeline.runs import run as running

    def broken(*_: object) -> Any:
        raise ConfigError("the disk is full")
        yield

    monkeypatch.setattr(running, "run_units", broken)
    with pytest.raises(ConfigError, match="the disk is full"):
        run(config)
    assert orjson.loads((Path(config.out) / "_run/status.json").read_bytes())["state"] == "failed"
    assert not (Path(config.out) / "_run/statement.json").exists()


def test_secrets_of_an_address_are_not_stored(config: Config, tmp_path: Path) -> None:
    from lowbackground.pipeline.runs.plan import make_plan, publish

    planned = make_plan(config)
    secret = planned.run.config.with_values(inputs=("https://user:hunter2@host/a.jsonl?X-Amz-Signature=abc",))
    publish(replace(planned, run=replace(planned.run, config=secret)))
    for name in ("config.yaml", "run.json"):
        text = (Path(config.out) / "_run" / name).read_text()
        assert "hunter2" not in text
        assert "Signature" not in text
    assert (Path(config.out) / "_run/plan.jsonl").stat().st_mode & 0o077 == 0


def test_a_limit_takes_records_in_the_order_of_the_input(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "bad-at-the-end.jsonl"
    path.write_text("".join(json.dumps({"text": PROSE}) + "\n" for _ in range(5)) + "{broken\n" * 5)
    result = run(config.with_values(inputs=(str(path),), limit=5))
    assert (result.tally.kept, result.tally.unreadable.total()) == (5, 0)


def test_a_text_column_that_is_not_there_is_said_in_the_reasons(config: Config) -> None:
    wrong = {
        **config.read.model_dump(),
        "columns": {**config.read.columns.model_dump(), "text": "txet", "captured_at": None},
    }
    assert run(config.with_values(read=wrong)).tally.unknown == {"no-content": 60}


def test_another_spelling_of_a_planned_file_is_not_read_twice(
    config: Config, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(corpus)
    run(config.with_values(inputs=("shard-0.jsonl",)))
    for spelling in ("./shard-0.jsonl", str(corpus / "shard-0.jsonl")):
        assert run(config.with_values(inputs=(spelling,))).tally.kept == 20


def test_the_same_name_for_another_file_is_refused(
    config: Config, corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (corpus / "a").mkdir()
    (corpus / "b").mkdir()
    for folder in "ab":
        jsonl(corpus / folder / "x.jsonl", [{"text": f"{folder} {PROSE}"}])
    monkeypatch.chdir(corpus / "a")
    run(config.with_values(inputs=("x.jsonl",)))
    monkeypatch.chdir(corpus / "b")
    with pytest.raises(ConfigError, match=r"x\.jsonl: stood for .*/a/x\.jsonl"):
        run(config.with_values(inputs=("x.jsonl",), redo_changed=True))


def test_other_trust_lists_are_refused_and_the_runs_own_finish_it(config: Config, tmp_path: Path) -> None:
    from lowbackground.manifests.trust_import import import_list
    from tests.signing import authority

    run(config)
    content = authority().pem.encode()
    import_list(tmp_path / "trust", content, name="own", source="a test", today=AS_OF.date())
    with pytest.raises(ConfigError, match=r"another trust lists.*--set trust_folder=OUT/_run/trust"):
        run(config)
    assert run(config.with_values(trust_folder=f"{config.out}/_run/trust")).exit_code == 0


def test_a_section_of_a_detector_that_is_not_installed_is_an_error(config: Config) -> None:
    with pytest.raises(ConfigError, match="eraa: not installed"):
        run(config.with_values(detectors={"eraa": {"enabled": False}}))


def test_a_detector_that_was_set_up_and_judged_nothing_is_named_at_the_end(config: Config) -> None:
    options = {"score_column": {"column": "ai_probabilty", "given_by": "acme 3"}}
    result = run(config.model_copy(update={"detectors": options}))
    judged = result.tally.labels.total()
    line = f"score_column, which the configuration sets up, judged none of {judged} records: score-column.no-value {judged}"
    assert line in result.notices
    assert result.tally.passed_over["score_column score-column.no-value"] == judged


def test_where_no_record_was_read_the_last_lines_say_why(config: Config, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text,label\nA harbour.,human\n", encoding="utf-8")
    columns = {"captured_at": None, "captured_at_kind": None}
    lines = summary(run(config.with_values(inputs=(str(tmp_path / "rows.csv"),), read={"columns": columns})))
    (line,) = (line for line in lines if line.startswith("no record was read"))
    assert line.startswith("no record was read: structured-data is JSON, XML, CSV")


def test_a_capture_column_that_no_line_has_is_noticed(config: Config) -> None:
    columns = {"captured_at": "crawld", "captured_at_kind": "captured"}
    result = run(config.with_values(read=config.read.model_dump() | {"columns": columns}))
    (line,) = (notice for notice in result.notices if notice.startswith("era, which"))
    assert line.endswith(
        f"judged none of {result.tally.labels.total()} records: not-applicable {result.tally.labels.total()}"
    )


def test_a_check_that_broke_is_no_evidence_that_was_found(config: Config, tmp_path: Path) -> None:
    words = jsonl(tmp_path / "words.jsonl", [{"text": PROSE, "score": "high"}])
    options = {"score_column": {"column": "score", "given_by": "acme 3"}}
    result = run(config.model_copy(update={"inputs": (str(words),), "detectors": options}))
    assert result.tally.broke == {"score_column score-column.not-a-number": 1}
    assert not result.tally.findings
    lines = summary(result)
    assert lines[lines.index("checks that broke") + 1].split() == ["score_column", "score-column.not-a-number", "1"]
    assert not any(notice.startswith("score_column, which") for notice in result.notices)
