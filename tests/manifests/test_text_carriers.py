"""Wrappers and blocks in texts: found where they are, told apart by what is wrong with them."""

import base64

import pytest

from lowbackground.manifests.bulk_search import rows_with
from lowbackground.manifests.text_carriers import (
    BEGIN,
    END,
    MARK,
    MAX_STORE_BYTES,
    NEEDLES,
    Carrier,
    Failure,
    Form,
    find_carriers,
    wrapper,
)
from tests.text_signing import PROSE, disclosed_text, header, raw_wrapper, selectors, signed_block, signed_text

STORE = b"\x00\x0f\x10\xffjumbf, at least in name"


def only(text: str | bytes) -> Carrier:
    [carrier] = find_carriers(text.encode() if isinstance(text, str) else text)
    return carrier


def without(text: str) -> str:
    data = text.encode()
    for carrier in reversed(find_carriers(data)):
        data = data[: carrier.start] + data[carrier.end :]
    return data.decode()


@pytest.mark.parametrize("text", [PROSE, "", "été 中文 🙂"])
def test_reads_a_wrapper_and_where_it_stands(text: str) -> None:
    carrier = only(text + raw_wrapper(STORE))
    assert carrier == Carrier(Form.WRAPPER, len(text.encode()), len((text + raw_wrapper(STORE)).encode()), store=STORE)


def test_writes_the_wrapper_that_it_reads() -> None:
    assert wrapper(STORE) == raw_wrapper(STORE).encode()


@pytest.mark.parametrize("make", [signed_text, disclosed_text, signed_block])
def test_removing_the_carrier_of_a_signed_text_gives_the_text_back(make) -> None:
    assert make(PROSE) != PROSE
    assert without(make(PROSE)) == PROSE


def test_padding_belongs_to_a_wrapper_and_what_follows_does_not() -> None:
    padded = PROSE + raw_wrapper(STORE) + selectors(b"\x00\xff")
    assert only(padded + " And on.").end == len(padded.encode())
    assert only(padded + selectors(b"\x05")).end == len(padded.encode())


def test_padding_never_exceeds_what_a_padded_wrapper_has() -> None:
    longest = 3 + 4 * (13 + len(STORE)) + 6
    assert longest - 3 < only(raw_wrapper(STORE) + selectors(bytes(1000))).end <= longest


def test_finds_a_wrapper_whose_mark_was_stripped() -> None:
    carrier = only((PROSE + raw_wrapper(STORE)).replace("\ufeff", ""))
    assert (carrier.store, carrier.marked, carrier.start) == (STORE, False, len(PROSE.encode()))


@pytest.mark.parametrize(
    "broken",
    [
        raw_wrapper(STORE, version=2),
        raw_wrapper(STORE, size=len(STORE) + 1),
        raw_wrapper(STORE, size=0),
        raw_wrapper(STORE, size=2**32 - 1),
        raw_wrapper(STORE)[:-1],
        raw_wrapper(STORE)[:13],
        raw_wrapper(STORE)[:5],
    ],
    ids=["version", "one-short", "empty", "four-gigabytes", "truncated", "half-header", "half-magic"],
)
def test_a_damaged_wrapper_is_said_to_be_damaged_and_spans_its_whole_run(broken: str) -> None:
    carrier = only(PROSE + broken + " More.")
    assert (carrier.failure, carrier.store) == (Failure.CORRUPTED_WRAPPER, None)
    assert (carrier.start, carrier.end) == (len(PROSE.encode()), len((PROSE + broken).encode()))


def test_a_wrapper_split_by_an_invalid_byte_is_damaged_up_to_there() -> None:
    data = raw_wrapper(STORE).encode()
    carrier = only(data[:80] + b"\xff" + data[80:])
    assert (carrier.failure, carrier.end <= 80) == (Failure.CORRUPTED_WRAPPER, True)


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        "\ufeff" + PROSE,
        "\ufeff" + selectors(b"C2PATXU\0" + bytes(40)),
        "a\ufe0f b\U000e0100 " + selectors(b"C2"),
        "⛹️\ufe0f" * 50,
        BEGIN.decode(),
        f"{END.decode()} {BEGIN.decode()}",
    ],
    ids=["prose", "byte-order-mark", "other-magic", "loose-selectors", "emoji", "begin", "end-begin"],
)
def test_what_only_looks_like_a_carrier_is_none(text: str) -> None:
    assert find_carriers(text.encode()) == []


def test_every_wrapper_is_found_and_a_damaged_one_hides_no_other() -> None:
    text = PROSE + raw_wrapper(STORE)[:20] + PROSE + raw_wrapper(STORE) + raw_wrapper(STORE)
    assert [(one.failure, one.store) for one in find_carriers(text.encode())] == [
        (Failure.CORRUPTED_WRAPPER, None),
        (None, STORE),
        (None, STORE),
    ]


def test_a_store_above_the_cap_is_refused_and_removed() -> None:
    text = PROSE + raw_wrapper(bytes(MAX_STORE_BYTES + 1))
    carrier = only(text)
    assert (carrier.failure, carrier.store, carrier.end) == (Failure.TOO_LARGE, None, len(text.encode()))


def block(reference: str) -> str:
    return f"{BEGIN.decode()}{reference}{END.decode()}"


INLINE = "data:application/c2pa;base64," + base64.b64encode(STORE).decode()


@pytest.mark.parametrize(
    ("reference", "store", "url", "failure"),
    [
        (f" {INLINE} ", STORE, None, None),
        (f"\n{INLINE}\n", STORE, None, None),
        (" https://example.org/a.c2pa ", None, "https://example.org/a.c2pa", None),
        ("\r\nHTTP://example.org/a\r\n", None, "HTTP://example.org/a", None),
        (" https://example.org/" + "a" * 5000, None, "https://example.org/" + "a" * 2028, None),
        ("", None, None, Failure.EMPTY_REFERENCE),
        (" \n ", None, None, Failure.EMPTY_REFERENCE),
        (" data:application/c2pa;base64,@@ ", None, None, Failure.MALFORMED_REFERENCE),
        (" data:application/c2pa;base64, ", None, None, Failure.MALFORMED_REFERENCE),
        (" data:text/plain,x ", None, None, Failure.MALFORMED_REFERENCE),
        (" the reference goes here ", None, None, Failure.MALFORMED_REFERENCE),
        (" ftp://example.org/a ", None, None, Failure.NO_RESOLUTION_PATH),
        (" file:///etc/passwd ", None, None, Failure.NO_RESOLUTION_PATH),
    ],
)
def test_reads_what_a_block_refers_to(reference: str, store: bytes, url: str, failure: Failure) -> None:
    carrier = only(f"# {block(reference)}\nkey: 1\n")
    assert (carrier.form, carrier.store, carrier.url, carrier.failure) == (Form.BLOCK, store, url, failure)


def test_an_inline_store_above_the_cap_is_refused() -> None:
    for size in (MAX_STORE_BYTES + 1, 2 * MAX_STORE_BYTES):
        inline = "data:application/c2pa;base64," + base64.b64encode(bytes(size)).decode()
        assert only(block(inline)).failure is Failure.TOO_LARGE


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (f"# {block(INLINE)}\nkey: 1\n", "key: 1\n"),
        (f"/* {block(INLINE)} */\r\nbody {{}}", "body {}"),
        (f"#!/bin/sh\necho\n# {block(INLINE)}", "#!/bin/sh\necho"),
        (f"#!/bin/sh\r\n# {block(INLINE)}", "#!/bin/sh"),
        (f"---\n{block(chr(10) + INLINE + chr(10))}\ntitle: x\n---\n", "---\ntitle: x\n---\n"),
        (f"write {block(INLINE)} here\n", "write  here\n"),
        (block(INLINE), ""),
        (f"{'x' * 500} {block(INLINE)}", f"{'x' * 500} "),
        (f"{block(INLINE)}{' ' * 500}\nx", f"{' ' * 500}\nx"),
    ],
)
def test_a_block_takes_its_line_along_where_nothing_else_stands_on_it(text: str, rest: str) -> None:
    assert without(text) == rest


def test_the_needles_stand_in_every_carrier_and_in_no_prose() -> None:
    import pyarrow as pa

    carriers = [raw_wrapper(STORE), raw_wrapper(STORE).lstrip("\ufeff"), block(INLINE), signed_text(), signed_block()]
    assert rows_with(pa.array([PROSE, *carriers]), NEEDLES) == [1, 2, 3, 4, 5]
    assert raw_wrapper(STORE).encode().startswith(MARK)
    assert header(1)[:8] == b"C2PATXT\0"
