"""Dictionaries of RFC 9651, and everything that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.manifests.structured_fields import MAX_MEMBERS, parse_dictionary


@pytest.mark.parametrize(
    ("field", "members"),
    [
        ("", {}),
        ("   ", {}),
        ("a", {"a": True}),
        ("a=?0, b=?1", {"a": False, "b": True}),
        ("train-ai=n", {"train-ai": "n"}),
        ("a=1;x=2;y, b=token/x:y", {"a": "1", "b": "token/x:y"}),
        ('a="b, c;d=\\"e\\" \\\\"', {"a": 'b, c;d="e" \\'}),
        ("a=1,\t b=-2.5 ,c=@1745286896", {"a": "1", "b": "-2.5", "c": "@1745286896"}),
        ("a=n, a=y", {"a": "y"}),
        ('a=(x "y)" 2);q=1, b', {"a": '(x "y)" 2)', "b": True}),
    ],
)
def test_a_dictionary_is_read(field: str, members: dict[str, str | bool]) -> None:
    assert parse_dictionary(field) == members


@pytest.mark.parametrize(
    "field",
    [
        "a=",
        "=a",
        "A=1",
        "a=1,",
        ",a",
        "a b",
        'a="x',
        "a=(x",
        "a=1;",
        "a=1;=2",
        "a: n",
        "a=?2",
        "a='x'",
        "é=1",
        "a=é",
        "a=1 b=2",
    ],
)
def test_what_does_not_parse_is_null_as_a_whole(field: str) -> None:
    assert parse_dictionary(field) is None


def test_more_members_or_characters_than_any_real_field_are_null() -> None:
    members = [f"k{number}=1" for number in range(MAX_MEMBERS)]
    assert len(parse_dictionary(",".join(members)) or {}) == MAX_MEMBERS
    assert parse_dictionary(",".join([*members, "more=1"])) is None
    assert parse_dictionary("a" * 10_000) is None


@given(st.text(alphabet='ab=;,"\\()? \t@1é', max_size=40))
def test_no_field_breaks_it(field: str) -> None:
    found = parse_dictionary(field)
    assert found is None or all(key for key in found)
