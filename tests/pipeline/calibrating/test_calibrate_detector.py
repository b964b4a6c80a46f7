"""Calibrations out of data: what is read, whom it counts for, and what is refused."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from lowbackground import Config, run
from lowbackground.pipeline.calibrating.calibrate_detector import Aim, Calibrated, Data, calibrate_detector
from lowbackground.pipeline.errors import ConfigError

PROSE = "The harbour was quiet in the morning, and the boats lay where the tide had left them. " * 8  # 136 words
OPTIONS = {"score_column": {"column": "p", "given_by": "test"}}
CONFIG = Config(as_of=datetime(2026, 11, 20, tzinfo=UTC), detectors=OPTIONS)
ONE_PERCENT = Aim(rate=0.01)


def rows(count: int, *, machine: bool = False, **more: Any) -> list[dict[str, Any]]:
    scores = np.random.default_rng(count).normal(size=count) + 3 * machine
    return [{"text": PROSE, "p": float(score), **more} for score in scores]


def parquet(path: Path, lines: Sequence[dict[str, Any]]) -> str:
    pq.write_table(pa.Table.from_pylist(list(lines)), path)
    return str(path)


def jsonl(path: Path, lines: Sequence[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def made(data: Data, config: Config = CONFIG, aim: Aim = ONE_PERCENT) -> Calibrated:
    return calibrate_detector("score_column", data, aim, config)


def test_human_and_machine_records_of_several_kinds_of_input(tmp_path: Path) -> None:
    data = Data(
        (parquet(tmp_path / "a.parquet", rows(300)), jsonl(tmp_path / "b.jsonl", rows(200))),
        (parquet(tmp_path / "m.parquet", rows(100, machine=True)),),
    )
    found = made(data)
    assert (found.calibration.n_human, found.calibration.n_machine, found.read) == (500, 100, 600)
    (stratum,) = found.calibration.strata
    assert str(stratum.key) == "en 100-199 words"
    assert stratum.llr is not None
    assert stratum.n_found > 50
    assert found.exit_code == 0
    names = {Path(group.name).name for group in found.calibration.groups}
    assert names == {"a.parquet", "b.jsonl", "m.parquet"}


def test_the_same_data_make_the_same_calibration(tmp_path: Path) -> None:
    data = Data((parquet(tmp_path / "a.parquet", rows(300)),))
    assert made(data).calibration.digest == made(data, CONFIG.with_values(read={"batch_rows": 7})).calibration.digest


def test_source_groups_are_a_column_else_the_host_else_the_file(tmp_path: Path) -> None:
    lines = [
        *rows(299, url="https://Example.org/page", team="red"),
        *rows(20, url="http://[broken", team=None),
        *rows(10, url=None, team="blue"),
    ]
    path = parquet(tmp_path / "a.parquet", lines)
    by_host = {group.name: group.n_human for group in made(Data((path,))).calibration.groups}
    assert by_host == {"example.org": 299, path[-100:]: 30}
    by_team = {group.name: group.n_human for group in made(Data((path,), group_column="team")).calibration.groups}
    assert by_team == {"red": 299, "blue": 10, path[-100:]: 20}


def test_records_that_do_not_name_their_source_are_counted(tmp_path: Path) -> None:
    lines = [row if place % 3 else {**row, "team": None} for place, row in enumerate(rows(300, team="red"))]
    assert made(Data((jsonl(tmp_path / "some.jsonl", lines),), group_column="team")).unnamed == 100
    assert made(Data((jsonl(tmp_path / "none.jsonl", rows(300)),), group_column="team")).unnamed == 300
    assert made(Data((jsonl(tmp_path / "not-asked.jsonl", rows(300)),))).unnamed == 0


def test_a_group_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no column 'team'"):
        made(Data((parquet(tmp_path / "a.parquet", rows(10)),), group_column="team"))


def test_a_group_may_be_a_key_of_json_lines(tmp_path: Path) -> None:
    found = made(Data((jsonl(tmp_path / "a.jsonl", rows(300, team="red")),), group_column="team"))
    assert [group.name for group in found.calibration.groups] == ["red"]


def test_records_without_a_score_are_counted_by_reason(tmp_path: Path) -> None:
    lines = [*rows(300), *({"text": PROSE, "p": None} for _ in range(4))]
    found = made(Data((parquet(tmp_path / "a.parquet", lines),)))
    assert found.unscored == {"score-column.no-value": 4}
    assert found.calibration.n_human == 300


def test_a_limit_holds_for_either_side_and_a_sample_is_a_share(tmp_path: Path) -> None:
    data = Data(
        (parquet(tmp_path / "a.parquet", rows(900)),),
        (parquet(tmp_path / "m.parquet", rows(900, machine=True)),),
    )
    found = made(data, CONFIG.with_values(limit=310)).calibration
    assert (found.n_human, found.n_machine) == (310, 310)
    share = made(data, CONFIG.with_values(sample=0.5)).calibration
    assert 390 < share.n_human < 510
    assert 390 < share.n_machine < 510


def test_too_few_records_are_an_error_that_says_how_many_are_missing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"which takes 2,995 human records in one: en 100-199 words: 300 human"):
        made(Data((parquet(tmp_path / "a.parquet", rows(300)),)), aim=Aim())


def test_no_human_data_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no human records: name inputs, or with --from-era"):
        made(Data(machine=("x.jsonl",)))


@pytest.mark.parametrize("name", ["era", "green_list", "nonesuch"])
def test_a_detector_without_scores_is_refused(name: str) -> None:
    words = {"era": "gives no scores", "green_list": "required", "nonesuch": "no detector named"}[name]
    with pytest.raises(ConfigError, match=words):
        calibrate_detector(name, Data(("x",)), Aim(), Config())


def test_the_calibration_that_the_options_name_need_not_be_there_yet(tmp_path: Path) -> None:
    options = {"score_column": {**OPTIONS["score_column"], "calibration": str(tmp_path / "later.json")}}
    found = made(Data((parquet(tmp_path / "a.parquet", rows(300)),)), CONFIG.with_values(detectors=options))
    assert found.calibration.n_human == 300


def test_a_broken_stream_keeps_its_good_prefix_and_says_so(tmp_path: Path) -> None:
    import gzip

    whole = gzip.compress("".join(json.dumps(row) + "\n" for row in rows(3000)).encode())
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) * 2 // 3])
    found = made(Data((str(tmp_path / "a.jsonl.gz"),)))
    assert 299 < found.calibration.n_human < 3000
    assert len(found.broken) == 1
    assert found.exit_code == 1


def test_unreadable_records_are_counted_and_too_many_make_the_exit_code_1(tmp_path: Path) -> None:
    path = Path(jsonl(tmp_path / "a.jsonl", rows(300)))
    path.write_text(path.read_text() + "{broken\n" * 2)
    assert (made(Data((str(path),))).unreadable, made(Data((str(path),))).exit_code) == (2, 0)
    path.write_text(path.read_text() + "{broken\n" * 9)
    assert made(Data((str(path),))).exit_code == 1


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The output of a run: old rows, some of which an instrument flags, new rows, and one that says it is AI-made."""
    tmp_path = tmp_path_factory.mktemp("finished")
    lines = [
        *rows(320, when="2019-03-01", url="https://old.example/a"),
        *rows(50, when="2025-03-01", url="https://new.example/a"),
        *rows(30, when=None),
    ]
    lines += [{"text": PROSE + " As an AI language model, I cannot do that.", "p": 9.0, "when": "2019-03-02"}]
    config = Config(
        inputs=(jsonl(tmp_path / "in.jsonl", lines),),
        out=str(tmp_path / "out"),
        workers=1,
        keep=("unknown",),
        read={"columns": {"captured_at": "when", "captured_at_kind": "captured"}},
        detectors={"score_column": {"column": "p", "given_by": "test"}},
        as_of=datetime(2026, 11, 20, tzinfo=UTC),
    )
    assert run(config).exit_code == 0
    return str(tmp_path / "out")


def test_rows_of_a_run_from_before_the_era_are_human_data(finished: str) -> None:
    from lowbackground.pipeline.calibrating.era_rows import era_records

    known = list(era_records(finished, 100))
    assert sum(batch.records.num_rows for batch in known) in {320, 321}  # the last, if no check finds what it says
    assert {group for batch in known for group in batch.groups if "in.jsonl" not in group} == {"old.example"}
    assert all(batch.records.column("text").null_count == 0 for batch in known)


def test_they_calibrate_a_detector_that_reads_a_column_of_the_users(finished: str) -> None:
    found = made(Data(eras=(finished,)))
    assert found.calibration.n_human in {320, 321}
    assert found.unscored == {}
    assert str(found.calibration.captured_to)[:7] == "2019-03"


def test_their_groups_may_be_a_column_too(finished: str) -> None:
    from lowbackground.pipeline.calibrating.era_rows import era_records

    groups = {group for batch in era_records(finished, 100, (), "p") for group in batch.groups}
    assert len(groups) > 50


def test_an_output_without_old_rows_is_refused_in_words(tmp_path: Path) -> None:
    config = Config(inputs=(jsonl(tmp_path / "in.jsonl", rows(3)),), out=str(tmp_path / "out"), workers=1)
    run(config)
    with pytest.raises(ConfigError, match="no row was captured before the cut-off of its kind"):
        made(Data(eras=(config.out,)))


def test_what_could_not_be_read_is_named_where_nothing_was_scored(tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text("no json\n" * 3)
    with pytest.raises(ConfigError, match="scored none of 0 records: unreadable 3"):
        made(Data((str(tmp_path / "bad.jsonl"),)))


def test_pictures_in_a_column_of_datasets_are_read_too(tmp_path: Path) -> None:
    from lowbackground.pipeline.calibrating.era_rows import era_records

    Image.new("RGB", (40, 30), "teal").save(tmp_path / "a.png")
    picture = (tmp_path / "a.png").read_bytes()
    lines = [{"image": {"bytes": picture, "path": "a.png"}, "when": datetime(2015, 1, 1, tzinfo=UTC)}]
    config = Config(
        inputs=(parquet(tmp_path / "in.parquet", lines),),
        out=str(tmp_path / "out"),
        workers=1,
        read={"columns": {"captured_at": "when", "captured_at_kind": "captured"}},
    )
    assert run(config).exit_code == 0
    (known,) = era_records(str(tmp_path / "out"), 10)
    assert known.records.column("raw").to_pylist() == [picture]
    assert known.records.column("media_type").to_pylist() == ["image/png"]


def test_an_output_without_contents_is_refused(tmp_path: Path) -> None:
    from lowbackground.pipeline.calibrating.era_rows import era_records

    with pytest.raises(ConfigError, match="name the output folder of a run"):
        list(era_records(str(tmp_path), 100))
    config = Config(
        inputs=(jsonl(tmp_path / "in.jsonl", rows(3)),), out=str(tmp_path / "out"), emit="attributes", workers=1
    )
    run(config)
    with pytest.raises(ConfigError, match="--emit attributes"):
        list(era_records(str(tmp_path / "out"), 100))
