"""`inspect` finds what is asked for, judges it as a run would, and says so where it cannot."""

import io
import json
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import lowbackground
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.explain.inspection import split_location
from tests.factories import AS_OF
from tests.signing import AI_EDITED, AI_MADE, Ingredient, action, identity, manifest, sign, signed_tiny
from tests.text_signing import PROSE, signed_text

CONFIG = Config.model_validate(
    {
        "as_of": AS_OF,
        "trust_folder": str(Path(__file__).parent / "no-trust-lists"),
        "read": {"columns": {"captured_at": "seen", "captured_at_kind": "captured"}},
        "workers": 1,
        "max_unreadable": 1,
    }
)
ROWS: list[dict[str, Any]] = [
    {"id": "old", "text": PROSE * 3, "seen": "2015-05-01"},
    {"id": "new", "text": PROSE * 3, "seen": "2025-05-01"},
    {"id": "7", "text": PROSE, "seen": None},
    {"id": "old", "text": "a second of that name", "seen": None},
    {"id": "a#b", "text": PROSE, "seen": None},
]


def write_shard(path: Path) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS) + "{broken\n", encoding="utf-8")
    return path


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    return write_shard(tmp_path / "texts.jsonl")


@dataclass(frozen=True)
class Ran:
    """An output whose inputs are gone, and what was said of one of them while it was there."""

    out: str
    fresh: dict[str, Any]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Rows of the shard, and a photo that was edited with AI."""
    folder = tmp_path_factory.mktemp("ran")
    parent = Ingredient(signed_tiny("image/jpeg", manifest(title="photo")), "image/jpeg", "xmp:iid:1")
    edited = manifest(
        action("opened", parameters={"ingredientIds": ["xmp:iid:1"]}), action("edited", AI_EDITED), title="filled"
    )
    (folder / "in").mkdir()
    photo = folder / "in" / "filled.jpg"
    photo.write_bytes(sign(signed_tiny("image/jpeg"), "image/jpeg", edited, ingredients=(parent,)))
    write_shard(folder / "in" / "texts.jsonl")
    config = CONFIG.with_values(inputs=(str(folder / "in"),), out=str(folder / "out"), keep=("human",))
    assert lowbackground.run(config).exit_code == 0
    fresh = lowbackground.inspect(str(photo), CONFIG).to_json()
    shutil.rmtree(folder / "in")
    return Ran(str(folder / "out"), fresh)


def verdict(what: bytes | str, **options: Any) -> dict[str, Any]:
    return lowbackground.inspect(what, CONFIG, **options).to_json()["verdict"]


def test_a_file_is_judged_as_a_run_judges_it(tmp_path: Path) -> None:
    path = tmp_path / "made.png"
    path.write_bytes(signed_tiny("image/png", manifest(action("created", AI_MADE))))
    found = lowbackground.inspect(str(path), CONFIG)
    row = lowbackground.annotate(
        pa.table({"raw": [path.read_bytes()], "seen": pa.array([None], pa.string())}), CONFIG
    ).to_pylist()[0]
    for name in ("label", "rule", "basis", "kind", "p_synthetic", "logit", "prior", "evidence", "c2pa", "sha256"):
        assert found.row[f"prov_{name}"] == row[f"prov_{name}"]
    assert found.label == "synthetic"


def test_bytes_are_judged_by_what_they_are() -> None:
    assert verdict(signed_tiny("image/jpeg", manifest(action("created", AI_MADE))))["rule"] == "signed-synthetic"
    assert verdict(signed_text().encode())["rule"] == "signed-synthetic"
    assert verdict(PROSE.encode())["unknown_reason"] == "too-short"


@pytest.mark.parametrize(("data", "reason"), [(b"", "empty"), (bytes(range(256)) * 8, "unknown-type")])
def test_bytes_that_are_no_record_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        lowbackground.inspect(data, CONFIG)


def test_a_record_of_a_shard_is_named_by_id_or_offset(shard: Path) -> None:
    assert verdict(f"{shard}#old")["rule"] == "era"
    assert verdict(f"{shard}#new")["label"] == "unknown"
    assert verdict(str(shard), id="a#b")["label"] == "unknown"
    assert verdict(f"{shard}#a#b")["label"] == "unknown"
    second = len(json.dumps(ROWS[0])) + 1
    assert lowbackground.inspect(f"{shard}#{second}", CONFIG).row["prov_id"] == "new"


def test_an_id_goes_before_an_offset(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": ["5", "0", "x"], "text": ["a", "b", "c"], "seen": [None, None, "2020-01-01"]}), path)
    assert lowbackground.inspect(f"{path}#0", CONFIG).row["prov_offset"] == 1
    assert lowbackground.inspect(f"{path}#2", CONFIG).row["prov_id"] == "x"


def test_a_sample_of_a_tar_is_named_by_its_key(tmp_path: Path) -> None:
    path = tmp_path / "samples.tar"
    with tarfile.open(path, "w") as archive:
        for key, data in (("a.jpg", signed_tiny("image/jpeg")), ("a.txt", b"a caption")):
            member = tarfile.TarInfo(key)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    found = lowbackground.inspect(f"{path}#a", CONFIG)
    assert found.row["prov_media_type"] == "image/jpeg"
    assert found.chain is not None


def test_what_is_not_there_is_said_with_examples(shard: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no record 'nobody'; there are .*#old, .*#new, .*#7"):
        lowbackground.inspect(f"{shard}#nobody", CONFIG)
    with pytest.raises(ConfigError, match=r"is a jsonl of many records; name one, such as .*#old, .*#new, .*#7"):
        lowbackground.inspect(str(shard), CONFIG)
    with pytest.raises(ConfigError, match="no-such-file"):
        lowbackground.inspect("no-such-file.jpg", CONFIG)
    (shard.parent / "nothing.txt").touch()
    with pytest.raises(ConfigError, match=r"nothing.txt: holds nothing to explain \(empty\)"):
        lowbackground.inspect(str(shard.parent / "nothing.txt"), CONFIG)


def test_a_record_that_cannot_be_judged_says_why(shard: Path) -> None:
    broken = sum(len(json.dumps(row)) + 1 for row in ROWS)
    with pytest.raises(ConfigError, match="cannot be judged: invalid-json"):
        lowbackground.inspect(f"{shard}#{broken}", CONFIG)


def test_a_name_with_a_hash_is_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a#b.txt"
    path.write_text(PROSE)
    assert split_location(str(path)) == (str(path), None)
    assert split_location(f"{path}#c#d") == (str(path), "c#d")
    assert split_location("nothing#here") == ("nothing#here", None)


def test_strings_that_a_signer_chose_reach_no_terminal(tmp_path: Path) -> None:
    attack = "\x1b]0;owned\x07\r\n\u202egpj.\u2028<script>" + "\U000e0041" * 50
    hostile = manifest(
        action("created", AI_MADE, softwareAgent={"name": attack}, description=attack), title=attack, generator=attack
    )
    path = tmp_path / "attack\x1b[2J.png"
    path.write_bytes(signed_tiny("image/png", hostile, signer=identity(attack[:14], attack[4:16])))
    found = lowbackground.inspect(path, CONFIG)
    assert found.chain is not None
    assert found.chain.title is not None
    assert all(line.isprintable() for line in str(found).split("\n"))
    assert "\\x1b[2J.png" in str(found)


def test_a_row_of_an_output_is_explained_without_its_media(ran: Ran) -> None:
    stored = lowbackground.inspect(ran.out, id="filled.jpg").to_json()
    assert stored["chain"]["title"] == "filled"
    assert stored["verdict"]["reject_reason"] == "label"
    for key in ("evidence", "chain", "c2pa", "log_odds", "rules", "nearly", "policy"):
        assert stored[key] == ran.fresh[key]


def test_an_id_that_stands_twice_is_said_to(ran: Ran) -> None:
    found = lowbackground.inspect(ran.out, id="old")
    assert found.label == "human"  # kept rows come first
    [notice] = found.notices
    assert "2 rows have this id" in notice
    key = notice.rpartition(": ")[2]
    assert lowbackground.inspect(ran.out, id=key).label == "unknown"


def test_a_row_can_be_held_against_another_policy(ran: Ran) -> None:
    strict = lowbackground.inspect(ran.out, Config(policy="strict"), id="filled.jpg")
    assert strict.policy.name == "strict"
    assert strict.label == "unknown"  # what was written stays
    assert {trace.label for trace in strict.rules if trace.decides} == {"synthetic"}


@pytest.mark.parametrize("record", ["nobody", "no#0", "x#9223372036854775808", "x#-1", "'; DROP TABLE", ""])
def test_a_row_that_is_not_there_is_an_error(ran: Ran, record: str) -> None:
    with pytest.raises(ConfigError, match="holds no row"):
        lowbackground.inspect(ran.out, id=record)


def test_an_unreadable_record_of_an_output_says_why(ran: Ran) -> None:
    [lost] = [row for path in (Path(ran.out) / "unreadable").iterdir() for row in pq.read_table(path).to_pylist()]
    with pytest.raises(ConfigError, match="could not be judged: invalid-json"):
        lowbackground.inspect(ran.out, id=lost["id"])


def test_an_output_needs_an_id(ran: Ran) -> None:
    with pytest.raises(ConfigError, match="--id"):
        lowbackground.inspect(ran.out)


def test_rows_of_another_schema_are_refused(ran: Ran, tmp_path: Path) -> None:
    facts = json.loads((Path(ran.out) / "_run" / "run.json").read_text())
    (tmp_path / "_run").mkdir()
    (tmp_path / "_run" / "run.json").write_text(json.dumps(facts | {"schema": "0"}))
    with pytest.raises(ConfigError, match="schema 0"):
        lowbackground.inspect(str(tmp_path), id="old")
