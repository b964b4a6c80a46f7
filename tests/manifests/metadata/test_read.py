"""Every walk finds what other programs wrote, says where it stands, and leaves out what is not about the file."""

import io
import struct

import pytest

from lowbackground.manifests.metadata.fields import MAX_VALUE_BYTES, Metadata
from lowbackground.manifests.metadata.read import read_metadata
from lowbackground.manifests.metadata.xmp import UNREAD
from tests.assets import MAKERS, SIDE, box, chunk, tiny
from tests.metadata_files import (
    CAMERA,
    DC,
    DESCRIPTION,
    MAKE,
    RDF,
    SOFTWARE,
    USER_COMMENT,
    XMP,
    avif,
    by_exiv2,
    camera,
    film,
    jpeg,
    mp3,
    mp4_tags,
    picture,
    png,
    png_chunk_behind_pixels,
    samsung,
    sound,
    user_comment,
    webp,
    xmp,
)

PACKET = xmp(DC, {"source": "here"})
SOURCE = f"xmp:{DC}source"


def values(data: bytes, media_type: str | None = None) -> dict[str, str]:
    return {field.key: field.value for field in read_metadata(data, media_type).fields}


@pytest.mark.parametrize("form", ["tEXt", "zTXt", "iTXt"])
def test_png_text_is_read_in_all_three_forms(form: str) -> None:
    assert values(png({"parameters": "a café"}, form=form))["png:parameters"] == "a café"


def test_png_text_behind_the_pixels_is_read() -> None:
    assert values(png_chunk_behind_pixels(b"tEXt", b"AIGC\0label"))["png:AIGC"] == "label"


def test_png_text_in_utf_8_where_latin_1_was_asked_for_is_believed() -> None:
    assert values(png_chunk_behind_pixels(b"tEXt", b"Title\0" + "豆包".encode()))["png:Title"] == "豆包"
    assert values(png_chunk_behind_pixels(b"tEXt", b"Title\0caf\xe9"))["png:Title"] == "café"


@pytest.mark.parametrize("make", [jpeg, webp, avif, png])
def test_exif_and_xmp_are_read_in_every_picture_format(make: type) -> None:
    extra = {} if make is png else {"xmp": PACKET}
    data = make(exif={SOFTWARE: "Editor 1.0", USER_COMMENT: user_comment("Grüße 豆包")}, **extra)
    found = values(data)
    assert (found["exif:Software"], found["exif:UserComment"]) == ("Editor 1.0", "Grüße 豆包")
    assert make is png or found[SOURCE] == "here"


@pytest.mark.parametrize("make", [jpeg, webp, avif, png])
def test_an_offset_is_where_the_value_can_be_found(make: type) -> None:
    data = make(exif={SOFTWARE: "Editor 1.0"})
    field = next(field for field in read_metadata(data).fields if field.key == "exif:Software")
    order = "<" if struct.pack("<H", SOFTWARE) == data[field.offset : field.offset + 2] else ">"
    assert struct.unpack_from(order + "HHI", data, field.offset) == (SOFTWARE, 2, len("Editor 1.0") + 1)


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/tiff"])
def test_iptc_is_read_wherever_exiv2_writes_it(media_type: str) -> None:
    assert values(by_exiv2(media_type, iptc={"Iptc.Application2.Credit": "A. Person"}))["iptc:Credit"] == "A. Person"


def test_tiff_tags_xmp_and_size_are_read() -> None:
    data = picture("TIFF", tiffinfo={SOFTWARE: "Scanner", 700: PACKET})
    assert values(data).items() >= {"exif:Software": "Scanner", SOURCE: "here"}.items()
    assert read_metadata(data).size == (SIDE, SIDE)


def test_big_tiff_is_read() -> None:
    assert values(picture("TIFF", tiffinfo={SOFTWARE: "Scanner"}, big_tiff=True))["exif:Software"] == "Scanner"


def test_gif_comments_and_xmp_are_read() -> None:
    out = io.BytesIO()
    from PIL import Image

    Image.new("P", (4, 4)).save(out, "GIF", comment="hello")
    data = out.getvalue()
    plain = b"\x21\xff\x0bXMP DataXMP" + PACKET + b"\1" + bytes(range(255, -1, -1)) + b"\0"
    pieces = b"".join(bytes([len(PACKET[at : at + 255])]) + PACKET[at : at + 255] for at in range(0, len(PACKET), 255))
    blocks = b"\x21\xff\x0bXMP DataXMP" + pieces + b"\0"
    for extension in (plain, blocks):
        assert values(data[:-1] + extension + data[-1:]) == {"gif:Comment": "hello", SOURCE: "here"}


@pytest.mark.parametrize(
    "data, key",
    [
        (lambda: mp4_tags({"AIGC": "x"}), "mp4:AIGC"),
        (lambda: film("mp4", {"comment": "x"}), "mp4:©cmt"),
        (lambda: film("mov", {"comment": "x"}), "mp4:©cmt"),
        (lambda: film("matroska", {"AIGC": "x"}), "matroska:AIGC"),
        (lambda: film("webm", {"comment": "x"}, "libvpx"), "matroska:COMMENT"),
        (lambda: film("webm", {"comment": "x"}, "libvpx", live="1"), "matroska:COMMENT"),
        (lambda: film("avi", {"comment": "x"}), "riff:ICMT"),
        (lambda: sound("wav", {"comment": "x"}), "riff:ICMT"),
        (lambda: sound("ogg", {"AIGC": "x"}, "libopus"), "vorbis:AIGC"),
        (lambda: sound("ogg", {"AIGC": "x"}, "flac"), "vorbis:AIGC"),
        (lambda: sound("flac", {"AIGC": "x"}, "flac"), "vorbis:AIGC"),
        (lambda: sound("mp3", {"AIGC": "x"}, "libmp3lame"), "id3:TXXX:AIGC"),
        (lambda: sound("ipod", {"comment": "x"}, "aac"), "mp4:©cmt"),
    ],
)
def test_what_ffmpeg_writes_is_read(data: object, key: str) -> None:
    assert values(data())[key] == "x"  # type: ignore[operator]


def test_mp4_tags_behind_the_samples_and_freeform_tags_are_read() -> None:
    from mutagen.mp4 import MP4

    out = io.BytesIO(sound("ipod", {"title": "t"}, "aac"))
    tags = MP4(out)
    tags["----:com.apple.iTunes:AIGC"] = [b"label"]
    out.seek(0)
    tags.save(out)
    data = out.getvalue()
    assert data.index(b"mdat") < data.index(b"ilst")
    assert values(data)["mp4:AIGC"] == "label"


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("encoding", [0, 1, 3])
def test_id3_frames_are_read_in_every_encoding(version: int, encoding: int) -> None:
    from mutagen.id3 import COMM, PRIV, TXXX, WOAS

    data = mp3(
        TXXX(encoding=encoding, desc="AIGC", text="é"),
        COMM(encoding=encoding, lang="eng", desc="d", text="words"),
        WOAS(url="https://example.org/"),
        PRIV(owner="XMP", data=PACKET),
        version=version,
    )
    assert values(data) == {
        "id3:TXXX:AIGC": "é",
        "id3:COMM:d": "words",
        "id3:WOAS": "https://example.org/",
        SOURCE: "here",
    }


def test_id3_in_wav_and_before_flac_is_read() -> None:
    from mutagen.id3 import TXXX

    tag = mp3(TXXX(encoding=3, desc="AIGC", text="x")).removesuffix(tiny("audio/mpeg"))
    wav = tiny("audio/wav")
    body = wav[12:] + chunk(b"id3 ", tag)
    assert values(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body)["id3:TXXX:AIGC"] == "x"
    flac = read_metadata(tag + sound("flac", {"comment": "y"}, "flac"))
    assert flac.container == "flac"
    assert {"id3:TXXX:AIGC", "vorbis:DESCRIPTION"} <= {field.key for field in flac.fields}


def test_id3_of_version_1_is_read() -> None:
    from mutagen.id3 import ID3, TPE1, ID3v1SaveOptions

    out = io.BytesIO(tiny("audio/mpeg"))
    tag = ID3()
    tag.add(TPE1(encoding=0, text="Somebody"))
    tag.save(out, v1=ID3v1SaveOptions.CREATE)
    assert values(out.getvalue())["id3v1:Artist"] == "Somebody"


def test_xmp_names_go_by_namespace_and_not_by_prefix() -> None:
    for prefix, attributes in (("dc", False), ("other", True)):
        assert values(jpeg(xmp=xmp(DC, {"source": "here"}, prefix=prefix, attributes=attributes)))[SOURCE] == "here"


def test_xmp_of_ingredients_and_ancestors_is_not_the_files() -> None:
    packet = (
        f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:dc="{DC}" xmlns:x="{XMP}"><rdf:Description>'
        "<x:Pantry><rdf:Bag><rdf:li><rdf:Description><dc:source>elsewhere</dc:source></rdf:Description></rdf:li>"
        "</rdf:Bag></x:Pantry><x:Part rdf:parseType='Resource'><dc:source>elsewhere</dc:source></x:Part>"
        "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>a</rdf:li><rdf:li>b</rdf:li></rdf:Alt></dc:title>"
        "<dc:format rdf:resource='r'/></rdf:Description></rdf:RDF>"
    )
    found = [(field.key, field.value) for field in read_metadata(jpeg(xmp=packet.encode())).fields]
    assert found == [(f"xmp:{DC}title", "a"), (f"xmp:{DC}title", "b"), (f"xmp:{DC}format", "r")]


def test_xmp_in_utf_16_is_read() -> None:
    packet = PACKET.decode().replace(" encoding='utf-8'", "").encode("utf-16")
    assert values(jpeg(xmp=packet))[SOURCE] == "here"


def test_xmp_that_breaks_off_gives_what_precedes() -> None:
    packet = xmp(DC, {"source": "here", "title": "there"})
    found = read_metadata(jpeg(xmp=packet[: packet.index(b"there") + 2]))
    assert [field.key for field in found.fields] == [SOURCE, UNREAD]


def test_extended_xmp_is_joined() -> None:
    whole = xmp(DC, {"source": "here", "title": "x" * 300})
    header = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32 + struct.pack(">I", len(whole))
    segments = b""
    for at in (100, 0):  # out of order
        part = whole[at : at + 100] if not at else whole[at:]
        body = header + struct.pack(">I", at) + part
        segments += b"\xff\xe1" + struct.pack(">H", 2 + len(body)) + body
    plain = tiny("image/jpeg")
    assert values(plain[:2] + segments + plain[2:])[SOURCE] == "here"


def test_svg_metadata_is_read_and_its_document_type_is_no_obstacle() -> None:
    body = PACKET[PACKET.index(b"<rdf") : PACKET.index(b"</rdf:RDF>") + 10]
    head = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    drawing = head + b'<svg xmlns="http://www.w3.org/2000/svg"><metadata>' + body + b"</metadata></svg>"
    assert values(drawing, "image/svg+xml")[SOURCE] == "here"


def test_jpeg_xl_boxes_are_read_compressed_or_not() -> None:
    import brotli
    from PIL import Image

    exif = Image.Exif()
    exif[SOFTWARE] = "Editor 1.0"
    block = bytes(4) + exif.tobytes().removeprefix(b"Exif\0\0")
    for boxes in (
        box(b"xml ", PACKET) + box(b"Exif", block),
        box(b"brob", b"xml ", brotli.compress(PACKET)) + box(b"brob", b"Exif", brotli.compress(block)),
    ):
        found = values(tiny("image/jxl") + boxes)
        assert (found[SOURCE], found["exif:Software"]) == ("here", "Editor 1.0")


@pytest.mark.parametrize("make", [jpeg, webp, avif])
def test_damage_to_exif_hides_nothing_that_follows(make: type) -> None:
    data = make(exif={SOFTWARE: "Editor 1.0"}, xmp=PACKET)
    at = next(field.offset for field in read_metadata(data).fields if field.key == "exif:Software")
    damaged = data[: at - 2] + b"\xff\xff" + data[at:]  # the directory counts 65,535 entries
    found = read_metadata(damaged)
    assert ([field.key for field in found.fields], found.irregular) == ([SOURCE], True)


def test_damage_to_one_text_chunk_hides_no_other() -> None:
    plain = tiny("image/png")
    chunks = b"".join(
        struct.pack(">I", len(body)) + name + body + bytes(4)
        for name, body in (
            (b"zTXt", b"a\0\0nothing deflated"),
            (b"tEXt", b"no key"),
            (b"eXIf", b"II"),
            (b"tEXt", b"b\0c"),
        )
    )
    found = read_metadata(plain[:33] + chunks + plain[33:])
    assert ([field.key for field in found.fields], found.irregular) == (["png:b"], True)


def test_samsungs_trailer_is_read_behind_the_picture() -> None:
    assert values(samsung("PhotoEditor_Re_Edit_Data", b"{}"))["samsung:PhotoEditor_Re_Edit_Data"] == "{}"
    assert not values(samsung("Image_UTC_Data", b"{}"))


def test_samsungs_trailer_is_read_in_a_box_of_its_own() -> None:
    trailer = samsung("PhotoEditor_Re_Edit_Data", b"{}").removeprefix(tiny("image/jpeg"))
    assert values(tiny("image/heic") + box(b"sefd", trailer))["samsung:PhotoEditor_Re_Edit_Data"] == "{}"


def test_jpeg_labels_in_any_app_segment_are_read() -> None:
    plain = tiny("image/jpeg")
    body = b'AIGC{"Label":"1"}'
    for marker in (0xE4, 0xEF):
        segment = bytes([0xFF, marker]) + struct.pack(">H", 2 + len(body)) + body
        assert values(plain[:2] + segment + plain[2:])["jpeg:AIGC"] == 'AIGC{"Label":"1"}'


def test_a_camera_file_gives_what_consistency_is_judged_by() -> None:
    found = values(camera())
    assert found["exif:ThumbnailSize"] == f"{SIDE}x{SIDE}"
    assert found["exif:ExposureTime"] == "{}/{}".format(*CAMERA[0x829A])
    assert found["exif:MakerNote"].startswith("Nikon\0")
    assert found["exif:Make"] == CAMERA[MAKE]


@pytest.mark.parametrize("media_type", MAKERS)
def test_plain_files_are_regular(media_type: str) -> None:
    found = read_metadata(tiny(media_type), media_type)
    assert (found.irregular, found.over_limit) == (False, None)
    assert (found.container is None) == (media_type == "application/epub+zip")


@pytest.mark.parametrize(
    "media_type", ["image/jpeg", "image/png", "image/webp", "image/gif", "image/avif", "image/tiff"]
)
def test_sizes_in_pixels_are_told(media_type: str) -> None:
    assert read_metadata(tiny(media_type)).size == (SIDE, SIDE)


@pytest.mark.parametrize("data", [b"", b"words", b"PK\3\4", b"<html>", b"\xff\x0a" + bytes(30)])
def test_what_no_walk_reads_has_no_container(data: bytes) -> None:
    assert read_metadata(data) == Metadata(None)


def test_a_value_beyond_the_cap_is_told_and_costs_no_other() -> None:
    found = read_metadata(png({"a": "b", "c": "d" * (MAX_VALUE_BYTES + 1), "e": "f"}))
    assert ([field.key for field in found.fields], found.over_limit) == (["png:a"], "value-bytes")


def test_text_of_a_view_is_that_of_its_bytes() -> None:
    data = jpeg(exif={DESCRIPTION: "words"}, xmp=PACKET)
    assert read_metadata(memoryview(data)) == read_metadata(data)
