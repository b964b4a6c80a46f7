"""The script data of Flash video, value by value."""

import struct

from lowbackground.manifests.metadata.read import read_metadata


def script(*values: bytes) -> bytes:
    """An FLV with one script tag: `onMetaData`, and these bytes behind it."""
    body = b"\2\0\x0aonMetaData" + b"".join(values)
    tag = b"\x12" + struct.pack(">I", len(body))[1:] + bytes(7) + body
    return b"FLV\1\5" + struct.pack(">I", 9) + bytes(4) + tag + struct.pack(">I", len(tag))


def amf(name: str, value: bytes) -> bytes:
    return struct.pack(">H", len(name)) + name.encode() + value


def test_every_kind_of_value_in_a_flash_script_is_stepped_over_and_strings_are_kept() -> None:
    inner = b"\3" + amf("times", b"\x0a" + struct.pack(">I", 2) + b"\0" + bytes(8) + b"\0" + bytes(8)) + b"\0\0\x09"
    members = [
        amf("duration", b"\0" + bytes(8)),
        amf("stereo", b"\1\1"),
        amf("keyframes", inner),
        amf("none", b"\5"),
        amf("date", b"\x0b" + bytes(10)),
        amf("long", b"\x0c" + struct.pack(">I", 4) + b"here"),
        amf("AIGC", b"\2" + amf("{}", b"")),
    ]
    for end in (b"\0\0\x09", b""):  # some encoders leave the mark out
        data = script(b"\x08" + struct.pack(">I", 99), *members, end)
        assert {field.key: field.value for field in read_metadata(data).fields} == {
            "flv:long": "here",
            "flv:AIGC": "{}",
        }


def test_a_flash_script_that_nests_without_end_or_breaks_off_is_bounded() -> None:
    assert read_metadata(script(b"\3" + amf("a", b"\3") * 5000)).over_limit == "script-values"
    cut = read_metadata(script(b"\x08" + struct.pack(">I", 1), amf("a", b"\2\0\1b"), amf("c", b"\2\xff\xffd")))
    assert (cut.irregular, [field.value for field in cut.fields]) == (True, ["b"])
