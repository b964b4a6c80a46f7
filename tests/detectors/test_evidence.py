"""What a detector says of its finding: the detail is JSON whatever it was made of."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.evidence import MAX_DETAIL_CHARS, Evidence, Signal, detail

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400) | st.sampled_from(["\x01" * 300, '"' * 300])
_FACTS = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | _TEXTS | st.lists(_TEXTS)
_NAMES = st.sampled_from(["rule", "place", "grade", "status", "manifest", "message", "words"])


@given(st.dictionaries(_NAMES, _FACTS))
def test_the_detail_is_a_short_object_of_the_facts_or_of_all_but_the_longest(
    facts: dict[str, str | float | bool | list[str] | None],
) -> None:
    line = detail(**facts)
    told = {} if line is None else json.loads(line)
    asked = {name: fact[:300] if isinstance(fact, str) else fact for name, fact in facts.items() if fact is not None}
    assert line is None or (len(line) <= MAX_DETAIL_CHARS and list(told) == sorted(told))
    assert all(told[name] == asked[name] for name in told)
    left_out = asked.keys() - told.keys()
    lengths = {name: len(orjson.dumps(fact)) for name, fact in asked.items()}
    assert not left_out or sum(lengths[name] + len(name) + 4 for name in asked) >= MAX_DETAIL_CHARS
    assert all(lengths[out] >= lengths[name] for out in left_out for name in told)


def test_of_facts_that_are_too_long_together_the_longest_is_left_out() -> None:
    line = detail(rule="r", words=["w" * 100] * 30, place="\x01" * 300)
    assert json.loads(line or "") == {"rule": "r", "place": "\x01" * 300}
    assert detail(words=["w" * 100] * 30) is None
    assert detail(rule=None) is None


@pytest.mark.parametrize("reason", ["Upper", "with space", "ends-in-3", ""])
def test_a_reason_is_a_slug(reason: str) -> None:
    with pytest.raises(ValueError, match="is not a slug"):
        Evidence(Signal.SILENT, reason)
