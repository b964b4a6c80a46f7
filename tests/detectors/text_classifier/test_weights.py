"""Weights are what was written, or are refused with words that say which file, what was expected and what to do."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import orjson
import pytest

from lowbackground.detectors.text_classifier import tables
from lowbackground.detectors.text_classifier.tables import TableError, read_tables, write_tables
from lowbackground.detectors.text_classifier.weights import WeightsError, read_weights
from tests.detectors.text_classifier.toy import toy_weights


def test_what_is_written_is_read(tmp_path: Path) -> None:
    written = toy_weights(tmp_path)
    read = read_weights(tmp_path / "card.json")
    assert read.digest == written.digest
    assert read.card == written.card
    assert read.card.about == {"name": "toy"}
    for name, table in written.tables.items():
        assert np.array_equal(read.tables[name], table)


def test_weights_of_the_first_format_are_read(tmp_path: Path) -> None:
    toy_weights(tmp_path)
    path = tmp_path / "card.json"
    now = path.read_text()
    assert "lowbackground text classifier 2" in now
    path.write_text(now.replace("lowbackground text classifier 2", "lowbackground text classifier 1"))
    assert [head.name for head in read_weights(path).card.languages["en"].heads] == ["w", "s", "n"]


def test_tables_are_mapped_and_cannot_be_changed(tmp_path: Path) -> None:
    read = toy_weights(tmp_path).tables["en.words"]
    assert not read.flags.writeable
    assert not read.flags.owndata


def test_other_programs_can_read_the_tables(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    written = toy_weights(tmp_path).tables
    assert {name: table.tolist() for name, table in load_file(tmp_path / "card.safetensors").items()} == {
        name: table.tolist() for name, table in written.items()
    }


def test_tables_that_other_programs_wrote_can_be_read(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    given = {"a": np.arange(6, dtype=np.int16).reshape(2, 3), "b": np.ones(3, np.float32)}
    save_file(given, tmp_path / "x.safetensors", metadata={"made": "by hand"})
    read = read_tables(tmp_path / "x.safetensors")
    assert {name: table.tolist() for name, table in read.items()} == {
        name: table.tolist() for name, table in given.items()
    }


def test_every_cut_of_the_tables_is_refused(tmp_path: Path) -> None:
    toy_weights(tmp_path)
    path = tmp_path / "card.safetensors"
    whole = path.read_bytes()
    for size in (0, 4, 8, 9, 60, 300, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(WeightsError, match=r"card\.safetensors"):
            read_weights(tmp_path / "card.json")


def test_a_changed_byte_is_refused(tmp_path: Path) -> None:
    toy_weights(tmp_path)
    path = tmp_path / "card.safetensors"
    whole = bytearray(path.read_bytes())
    whole[-1] ^= 1
    path.write_bytes(whole)
    with pytest.raises(WeightsError, match=r"digest .* expects .* was changed"):
        read_weights(tmp_path / "card.json")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none\.json: cannot be read"):
        read_weights(tmp_path / "none.json")
    toy_weights(tmp_path)
    (tmp_path / "card.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"card\.safetensors: cannot be read"):
        read_weights(tmp_path / "card.json")


def test_files_that_are_too_large_are_refused_before_they_are_read(tmp_path: Path) -> None:
    toy_weights(tmp_path)
    with (tmp_path / "card.safetensors").open("r+b") as tables:
        tables.truncate(1 << 40)  # a hole: it takes no room, and reading it would never end
    with pytest.raises(WeightsError, match=r"card\.safetensors: has 1099511627776 bytes, and at most"):
        read_weights(tmp_path / "card.json")
    with (tmp_path / "card.json").open("r+b") as card:
        card.truncate(1 << 40)
    with pytest.raises(WeightsError, match=r"card\.json: is longer than"):
        read_weights(tmp_path / "card.json")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_numbers_of_a_card_are_finite(tmp_path: Path, number: str) -> None:
    toy_weights(tmp_path)
    path = tmp_path / "card.json"
    path.write_text(re.sub(r'"scale": [0-9.e-]+', f'"scale": {number}', path.read_text(), count=1))
    with pytest.raises(WeightsError, match=r"languages\.en\.heads\.0"):
        read_weights(path)


def test_places_of_tables_must_be_whole_numbers(tmp_path: Path) -> None:
    header = b'{"a":{"dtype":"I8","shape":[2],"data_offsets":[0.0,2.0]}}'
    (tmp_path / "x.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"ab")
    with pytest.raises(TableError, match=r"table a"):
        read_tables(tmp_path / "x.safetensors")


def _set(path: str, value: object) -> Callable[[dict], None]:
    def change(card: dict) -> None:
        *parents, last = path.split(".")
        place = card
        for each in parents:
            place = place[int(each)] if each.isdigit() else place[each]
        place[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set("format", "lowbackground text classifier 9"), "format"),
        (_set("languages.en.heads.0.type", "pickle"), "languages.en.heads.0"),
        (_set("languages.en.heads.0.codes", "gone"), "table gone is not in the file"),
        (_set("languages.en.heads.0.codes", "en.mean"), "en.mean is float32"),
        (_set("languages.en.heads.0.bits", 13), "has the shape"),
        (_set("languages.en.heads.0.bits", 99), "bits is 99"),
        (_set("languages.en.heads.0.name", "words"), "name is taken"),
        (_set("languages.en.heads.0.bag", "character_ngrams"), "does not exist for en"),
        (_set("languages.en.heads.1.inputs", ["w"]), "names inputs outside"),
        (_set("languages.en.heads.1.inputs", ["n", "w"]), "inputs n are no features"),
        (_set("languages.en.heads.1.left", "en.root"), "of one length"),
        (_set("languages.en.heads.1.root", "en.leaf"), "point outside"),
        (_set("languages.en.heads.2.inputs", ["w", "words"]), "has the shape"),
        (_set("languages.en.heads.2.deviation", "en.mean"), "en.mean has a deviation that is not above 0"),
        (_set("languages.en.combine.heads", ["w", "x", "n"]), "no head is called x"),
        (_set("languages.en.combine.knots", [400, 100]), "knots must ascend"),
        (_set("languages.en.combine.bias", [0.0]), "expected one each"),
        (_set("languages.en.combine.weights", [[1.0], [1.0]]), "each row of weights"),
        (_set("languages.en.windows.head", 0), "windows"),
        (_set("languages.en.windows.raw", 1 << 40), "windows"),
        (_set("languages.fr", None), "languages.fr"),
        (_set("languages", {}), "languages: there is none"),
        (_set("surprise", 1), "surprise"),
    ],
)
def test_a_card_that_does_not_fit_its_tables_is_refused(
    tmp_path: Path, change: Callable[[dict], None], words: str
) -> None:
    toy_weights(tmp_path)
    path = tmp_path / "card.json"
    card = orjson.loads(path.read_bytes())
    change(card)
    path.write_bytes(orjson.dumps(card))
    with pytest.raises(WeightsError, match=words) as raised:
        read_weights(path)
    assert "lowbackground train text" in str(raised.value)


def test_a_tree_that_points_back_is_refused(tmp_path: Path) -> None:
    toy_weights(tmp_path)
    found = {name: table.copy() for name, table in read_tables(tmp_path / "card.safetensors").items()}
    found["en.right"][1] = 0
    write_tables(tmp_path / "card.safetensors", found)
    with pytest.raises(WeightsError, match="digest"):
        read_weights(tmp_path / "card.json")
    card = orjson.loads((tmp_path / "card.json").read_bytes())
    import hashlib

    card["sha256"] = hashlib.sha256((tmp_path / "card.safetensors").read_bytes()).hexdigest()
    (tmp_path / "card.json").write_bytes(orjson.dumps(card))
    with pytest.raises(WeightsError, match="point back"):
        read_weights(tmp_path / "card.json")


def test_a_card_cannot_point_to_another_folder(tmp_path: Path) -> None:
    toy_weights(tmp_path)
    inner = tmp_path / "inner"
    inner.mkdir()
    card = orjson.loads((tmp_path / "card.json").read_bytes())
    card["tables"] = "../card.safetensors"
    (inner / "card.json").write_bytes(orjson.dumps(card))
    with pytest.raises(WeightsError, match=r"inner.card\.safetensors: cannot be read"):
        read_weights(inner / "card.json")


@pytest.mark.parametrize(
    "header",
    [b"[]", b"{", b'{"a":1}', b'{"a":{"dtype":"X","shape":[1],"data_offsets":[0,1]}}',
     b'{"a":{"dtype":"I8","shape":[-1],"data_offsets":[0,1]}}', b'{"a":{"dtype":"I8","shape":[9],"data_offsets":[0,9]}}',
     b'{"a":{"dtype":"I8","shape":["1"],"data_offsets":[0,1]}}', b'{"a":{"dtype":"I8","shape":[1],"data_offsets":[0]}}'],
)  # fmt: skip
def test_a_header_that_lies_is_refused(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0")
    with pytest.raises(TableError, match=r"x\.safetensors"):
        read_tables(path)


def test_tables_beyond_the_limit_are_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_BYTES", 1000)
    with pytest.raises(WeightsError, match="at most 1000"):
        toy_weights(tmp_path)


def test_tables_of_objects_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="object"):
        write_tables(tmp_path / "x.safetensors", {"a": np.array([None])})
