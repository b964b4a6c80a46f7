"""Keys come from the shipped file and from the operator's own, and never show."""

import re
from pathlib import Path

import numpy as np
import pytest

from lowbackground.detectors.watermarks.green_scheme import GreenKey
from lowbackground.detectors.watermarks.key_registry import (
    PUBLISHED,
    KeyFileError,
    Registered,
    green_keys,
    keys_by_tokenizer,
    synthid_keys,
)
from lowbackground.detectors.watermarks.window_seeds import Implementation, Seeding

SECRET = 7431286509


def key_file(folder: Path, text: str) -> str:
    path = folder / "keys.yaml"
    path.write_text(text, "utf-8")
    return str(path)


def test_the_published_keys_are_shipped() -> None:
    synthid, green = synthid_keys([PUBLISHED]), green_keys([PUBLISHED])
    assert [len(each.key.keys) for each in synthid] == [30, 9]
    assert synthid[0].key.keys[:9] == synthid[1].key.keys
    assert {each.key.key for each in green} == {15485863}
    widths = {(each.key.implementation, each.key.seeding): each.key.context_width for each in green}
    assert widths[Implementation.LM_WATERMARKING, Seeding.SELFHASH] == 4


def test_keys_of_ones_own_stand_beside_them(tmp_path: Path) -> None:
    own = key_file(
        tmp_path,
        f"keys: [{{id: ours, scheme: green-list, key: {SECRET}, ratio: 0.5, tokenizers: [gpt2]}},"
        f" {{id: theirs, scheme: synthid-text, keys: [{SECRET}, -5], ngram_len: 4}}]",
    )
    (green,) = green_keys([own])
    assert (green.key, green.tokenizers) == (GreenKey("ours", SECRET, ratio=0.5), ("gpt2",))
    assert [each.key.name for each in synthid_keys([PUBLISHED, own])][-1] == "theirs"


def test_free_schemes_of_lm_watermarking_are_named_as_there(tmp_path: Path) -> None:
    own = key_file(
        tmp_path,
        f"keys: [{{id: a, scheme: green-list, key: {SECRET}, implementation: lm-watermarking, seeding: ff-position_prf-3-True}},"
        f" {{id: b, scheme: green-list, key: {SECRET}, implementation: lm-watermarking, seeding: ff-anchored_minhash_prf-2-False}}]",
    )
    keys = [each.key for each in green_keys([own])]
    assert [(key.seeding, key.context_width, key.salted) for key in keys] == [
        (Seeding.POSITION, 3, True),
        (Seeding.SELFHASH, 2, False),
    ]


def test_legacy_lists_and_sizes_of_lists_are_the_keys_own(tmp_path: Path) -> None:
    own = key_file(
        tmp_path,
        f"keys: [{{id: a, scheme: green-list, key: {SECRET}, implementation: lm-watermarking, select_green_tokens: false}},"
        f" {{id: b, scheme: green-list, key: {SECRET}, vocab_size: 50272}}]",
    )
    keys = [each.key for each in green_keys([own])]
    assert [(key.from_tail, key.vocab_size) for key in keys] == [(True, None), (False, 50272)]


def test_a_table_made_on_another_device_is_read_beside_the_file(tmp_path: Path) -> None:
    bits = np.random.default_rng(0).integers(0, 2, 1 << 16, dtype=np.uint8)
    (tmp_path / "gpu.bin").write_bytes(np.packbits(bits).tobytes())
    own = key_file(tmp_path, "keys: [{id: gpu, scheme: synthid-text, keys: [1, 2], table: gpu.bin}]")
    (found,) = synthid_keys([own])
    assert np.array_equal(found.key.sampling_table, bits)
    (tmp_path / "gpu.bin").write_bytes(b"\0" * 8191)
    with pytest.raises(KeyFileError, match="8192 bytes"):
        synthid_keys([own])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"keys: [{{id: a, scheme: green-list, key: '{SECRET}'}}]", "number 1, key: Input should be a valid integer"),
        (f"keys: [{{id: a, scheme: green-list, {SECRET}: 5, key: 1}}]", "a field that no entry has"),
        (f"keys: [{{id: a, scheme: green-list, key: {SECRET}{SECRET}}}]", "less than"),
        (f"keys: [{{id: a, scheme: synthid-text, keys: [{SECRET}, x]}}]", "keys, number 2"),
        (f"keys: [{{id: a, scheme: synthid-text, keys: {{{SECRET}: 1}}}}]", "valid tuple"),
        (f"keys: [{{id: a, scheme: k{SECRET}, key: 1}}]", "number 1"),
        (f"keys: [{{id: 'A {SECRET}', scheme: green-list, key: 1}}]", "id: String should match"),
        (f"keys: {{{SECRET}: 1}}", "keys: Input should be a valid tuple"),
        (f"{SECRET}", "the file"),
        (f"keys: [a, {SECRET}", "line 1: is not YAML"),
        (f"keys: !k{SECRET} [1]", "is not YAML"),
        (f"keys: *k{SECRET}", "is not YAML"),
        (f"\x00{SECRET}", "is not YAML"),
        (f"keys: [{{id: a, scheme: green-list, key: {SECRET}, seeding: minhash}}]", "has no such seeding; it has lefthash, selfhash"),
        (f"keys: [{{id: a, scheme: green-list, key: 3, seeding: k{SECRET}}}]", "has no such seeding"),
        (f"keys: [{{id: a, scheme: green-list, key: {SECRET}, seeding: ff-position_prf-3-False}}]", "has no such seeding"),
        (f"keys: [{{id: a, scheme: green-list, key: 3, implementation: lm-watermarking, seeding: ff-minhash_prf-3-True-{SECRET}}}]", "ff-FUNCTION-WIDTH-True|False"),
        (f"keys: [{{id: a, scheme: green-list, key: {SECRET}, implementation: lm-watermarking, seeding: ff-position_prf-3-False, context_width: 4}}]", "leave it out"),
        (f"keys: [{{id: a, scheme: green-list, key: {SECRET}, implementation: lm-watermarking, seeding: ff-minskipgram_prf-1-False}}]", "no seed for windows"),
        (f"keys: [{{id: a, scheme: green-list, key: {SECRET}, implementation: lm-watermarking, seeding: ff-position_prf-0-False}}]", "no seed for windows"),
        (f"keys: [{{id: a, scheme: green-list, key: {SECRET}, select_green_tokens: false}}]", "transformers has no select_green_tokens"),
        (f"keys: [{{id: a, scheme: green-list, key: 3, select_green_tokens: k{SECRET}}}]", "select_green_tokens: Input should be a valid boolean"),
        (f"keys: [{{id: a, scheme: green-list, key: {SECRET}, vocab_size: 3}}]", "vocab_size: Input should be greater than or equal to 16"),
        (f"keys: [{{id: a, scheme: synthid-text, keys: [{SECRET}]}}]", "no key of the scheme green-list"),
        (f"keys: [{{id: a, scheme: green-list, key: {SECRET}}}, {{id: a, scheme: green-list, key: 2}}]", "ids a stand"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_without_a_word_of_what_it_holds(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(KeyFileError) as refused:
        green_keys([key_file(tmp_path, text)])
    assert said in str(refused.value)
    shown: BaseException | None = refused.value
    while shown is not None:
        assert str(SECRET) not in str(shown)
        shown = shown.__cause__


def test_a_file_that_is_not_there_or_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be read"):
        green_keys([str(tmp_path / "none.yaml")])
    with pytest.raises(KeyFileError, match="longer than"):
        green_keys([key_file(tmp_path, "#" * (1 << 21))])


def test_each_tokenizer_is_tried_with_its_keys() -> None:
    every, own = Registered(GreenKey("every", 3), None), Registered(GreenKey("own", 5), ("gpt2",))
    found = keys_by_tokenizer([every, own], ["gpt2", "gemma"])
    assert {name: [key.name for key in keys] for name, keys in found.items()} == {
        "gpt2": ["every", "own"],
        "gemma": ["every"],
    }
    with pytest.raises(KeyFileError, match=re.escape("own: no tokenizer is named gpt2; there are gemma")):
        keys_by_tokenizer([every, own], ["gemma"])
    with pytest.raises(KeyFileError, match="no key goes with the tokenizers gemma"):
        keys_by_tokenizer([own], ["gemma", "gpt2"])
