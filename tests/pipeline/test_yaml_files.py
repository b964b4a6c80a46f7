"""YAML of operators: safe, small, and without keys that stand twice."""

from pathlib import Path

import pytest

from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.yaml_files import MAX_BYTES, read_yaml


def test_a_key_that_stands_twice_is_an_error_that_names_it_and_its_line(tmp_path: Path) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text("when:\n  basis: signed\n  basis: known\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"line 3, column 3: the key 'basis' stands twice"):
        read_yaml(path)


def test_merge_keys_may_stand_twice(tmp_path: Path) -> None:
    path = tmp_path / "merge.yaml"
    path.write_text("a: &a {x: 1}\nb: &b {y: 2}\nc: {<<: [*a, *b], z: 3}\n", encoding="utf-8")
    assert read_yaml(path)["c"] == {"x": 1, "y": 2, "z": 3}


@pytest.mark.parametrize(
    "data",
    [b"a: [1", b"\xff\xfe\x00a", b"!!python/object/apply:os.system ['true']", b"a: b: c", b"[" * 5000, b"? [a]\n: 1\n"],
    ids=["unclosed", "not utf-8", "python object", "two colons", "deep", "a list as a key"],
)
def test_what_is_not_safe_yaml_is_a_configuration_error_that_names_the_file(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match=r"bad.yaml: is not YAML"):
        read_yaml(path)


def test_a_file_of_another_kind_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "big.yaml"
    path.write_bytes(b" " * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="is it the file you meant"):
        read_yaml(path)


def test_a_folder_and_a_missing_file_are_configuration_errors(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.yaml"):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_yaml(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "inputs: [a\nout: b\n",
            r"line 2, column 4: expected ',' or ']', but got ':' \(while parsing a flow sequence, begun in line 1\)",
        ),
        ("a: 1\nb: 2\na: 3\n", r"line 3, column 1: the key 'a' stands twice"),
        ("a: b: c\n", r"line 1, column 5: mapping values are not allowed here"),
    ],
)
def test_the_place_and_the_fault_are_told_on_one_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=words) as refused:
        read_yaml(path)
    assert "\n" not in str(refused.value)
