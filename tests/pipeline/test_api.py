"""The Python functions refuse what they cannot take with words, and take what anybody would give them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

import lowbackground
from lowbackground.pipeline.errors import ConfigError


class DataFrame:
    """Stands for that of pandas, which this program does not need."""


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: lowbackground.run("in/"), r"^run: expected a lowbackground.Config, found builtins.str; .*Config\("),
        (lambda: lowbackground.run(None), "^run: expected a lowbackground.Config, found builtins.NoneType$"),
        (lambda: lowbackground.inspect(7), "^inspect: expected bytes, or the path of a file, found builtins.int$"),
        (lambda: lowbackground.inspect(b"x", {}), "^inspect: expected a lowbackground.Config, or nothing, found"),
        (
            lambda: lowbackground.annotate(DataFrame()),
            r"^annotate: expected a pyarrow.Table .*DataFrame; .*from_pandas",
        ),
        (lambda: lowbackground.annotate([{"text": "a"}]), r"^annotate: .* found builtins.list; .*from_pylist"),
        (lambda: lowbackground.annotate("a"), r"^annotate: .* found builtins.str$"),
        (
            lambda: lowbackground.annotate(pa.table({"text": ["a"]}), "strict"),
            "^annotate: expected a lowbackground.Config",
        ),
        (lambda: lowbackground.annotate(pa.table({"txt": ["a"]})), "^table: has no column 'text' or 'raw'"),
    ],
)
def test_an_argument_of_the_wrong_kind_is_refused_with_what_was_expected(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        call()


def test_locations_are_strings_or_paths_and_inputs_one_or_several(tmp_path: Path) -> None:
    one = lowbackground.Config(inputs="in/", out=tmp_path, policy=Path("mine.yaml"), trust_folder=tmp_path / "trust")  # type: ignore[arg-type]
    several = lowbackground.Config(inputs=[Path("a"), "b/"])  # type: ignore[arg-type]

    assert one.inputs == ("in/",)
    assert (one.out, one.policy, one.trust_folder) == (str(tmp_path), "mine.yaml", str(tmp_path / "trust"))
    assert several.inputs == ("a", "b/")
    assert lowbackground.Config(inputs=Path("in")).inputs == ("in",)  # type: ignore[arg-type]


def test_a_key_that_is_not_known_is_an_error_of_the_configuration() -> None:
    with pytest.raises(ValidationError, match="inpts"):
        lowbackground.Config(inpts=("in/",))  # type: ignore[call-arg]
