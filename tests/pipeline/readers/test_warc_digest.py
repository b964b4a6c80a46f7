"""Digests: every spelling of a right one passes, a wrong one fails, and what cannot be checked does neither."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lowbackground.pipeline.readers.warc_digest import Check, parsed

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"
BODY = b"the payload"


def spelled(algorithm: str, data: bytes) -> list[str]:
    digest = hashlib.new(algorithm, data).digest()
    return [
        base64.b32encode(digest).decode(),
        base64.b32encode(digest).decode().rstrip("=").lower(),
        digest.hex(),
        digest.hex().upper(),
        base64.b64encode(digest).decode(),
        base64.urlsafe_b64encode(digest).decode().rstrip("="),
    ]


def fails(block: str | None, payload: str | None, *readings: bytes, head: bytes = HEAD) -> bool:
    check = Check(block, payload, head)
    check.update(BODY)
    return check.fails(lambda: readings)


@given(data=st.binary(max_size=50), algorithm=st.sampled_from(["md5", "sha1", "sha256", "sha384", "sha512"]))
def test_every_spelling_of_a_digest_is_read(data: bytes, algorithm: str) -> None:
    for text in spelled(algorithm, data):
        for label in (algorithm, algorithm.upper(), algorithm.replace("sha", "sha-")):
            found = parsed(f" {label}:{text} ")
            assert found is not None
            assert found.matches(data)
            assert not found.matches(data + b"x")


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "sha1",
        "sha1:",
        "sha1:xyz",
        "crc32:00000000",
        "sha1:" + "_" * 32,
        "sha1:" + "8" * 32,
        "sha1:" + "-" * 10_000,
    ],
)
def test_what_is_no_digest_cannot_be_checked(text: str | None) -> None:
    assert parsed(text) is None
    assert not fails(text, text, BODY)


def right(data: bytes) -> str:
    return "sha1:" + spelled("sha1", data)[0]


WRONG = right(b"something else")


def test_a_block_digest_speaks_of_head_and_body() -> None:
    assert not fails(right(HEAD + BODY), None)
    assert fails(WRONG, None)


def test_a_right_block_digest_settles_it() -> None:
    assert not fails(right(HEAD + BODY), WRONG, BODY)


def test_a_right_payload_outweighs_a_wrong_block() -> None:
    assert not fails(WRONG, right(BODY), BODY)
    assert fails(WRONG, right(b"x"), BODY)


def test_a_payload_digest_may_speak_of_any_reading() -> None:
    assert not fails(None, right(BODY), BODY)
    assert not fails(None, right(b"decoded"), BODY, b"decoded")
    assert fails(None, WRONG, BODY, b"decoded")


def test_a_payload_that_is_not_at_hand_cannot_be_wrong() -> None:
    check = Check(None, WRONG, HEAD)
    check.update(BODY)
    assert not check.fails(lambda: None)


def test_a_block_digest_that_repeats_the_payload_digest_is_none() -> None:
    assert not fails(right(BODY), right(BODY), BODY)
    assert fails(WRONG, WRONG, BODY)


def test_without_a_head_block_and_payload_are_one() -> None:
    assert not fails(right(BODY), right(BODY), BODY, head=b"")
    assert fails(WRONG, WRONG, BODY, head=b"")


def test_only_a_right_block_digest_proves_a_record() -> None:
    for block, payload, proven in ((right(HEAD + BODY), None, True), (None, right(BODY), False), (WRONG, None, False)):
        check = Check(block, payload, HEAD)
        check.update(BODY)
        assert check.proves() is proven
