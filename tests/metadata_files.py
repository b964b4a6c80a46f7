"""Tiny media files with metadata in them, written by programs that other people wrote.

Pillow writes pictures and their EXIF, Exiv2 (pyexiv2) IPTC and XMP, FFmpeg (PyAV) film and sound, mutagen tags of
sound, pikepdf documents, ElementTree XMP packets with any prefix. Nothing here shares code with the walkers.
"""

import io
import struct
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Any

from tests.assets import SIDE, chunk, tiny

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IPTC_EXT = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
TC260 = "http://www.tc260.org.cn/ns/AIGC/1.0/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
XMP = "http://ns.adobe.com/xap/1.0/"
DC = "http://purl.org/dc/elements/1.1/"
EXIF = "http://ns.adobe.com/exif/1.0/"
PLUS = "http://ns.useplus.org/ldf/xmp/1.0/"
TDM = "http://www.w3.org/ns/tdmrep/"
DST = "http://cv.iptc.org/newscodes/digitalsourcetype/"

Values = Mapping[str, str]


def xmp(uri: str, values: Values, *, prefix: str = "p", attributes: bool = False) -> bytes:
    """A packet of simple properties, as elements or as attributes."""
    ET.register_namespace("rdf", RDF)
    ET.register_namespace(prefix, uri)
    root = ET.Element(f"{{{RDF}}}RDF")
    description = ET.SubElement(root, f"{{{RDF}}}Description", {f"{{{RDF}}}about": ""})
    for name, value in values.items():
        if attributes:
            description.set(f"{{{uri}}}{name}", value)
        else:
            ET.SubElement(description, f"{{{uri}}}{name}").text = value
    body = ET.tostring(root, encoding="utf-8")
    return b"<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>" + body + b" " * 50 + b"<?xpacket end='w'?>"


def _image(side: int = SIDE, mode: str = "RGB") -> Any:
    from PIL import Image

    return Image.linear_gradient("L").resize((side, side)).convert(mode)


def picture(format_: str, *, exif: Mapping[int, Any] | None = None, comment: bytes | None = None, **save: Any) -> bytes:
    """A picture by Pillow; `exif` maps tags of the main directory and of the EXIF directory (above 0x829A)."""
    from PIL import Image

    if exif is not None:
        block = Image.Exif()
        for tag, value in exif.items():
            (block.get_ifd(0x8769) if tag >= 0x829A and tag < 0xA500 and tag not in _MAIN else block)[tag] = value
        save["exif"] = block.tobytes()
    out = io.BytesIO()
    _image().save(out, format_, **save)
    data = out.getvalue()
    if comment is not None:
        data = data[:2] + b"\xff\xfe" + struct.pack(">H", 2 + len(comment)) + comment + data[2:]
    return data


_MAIN = frozenset((0x9C9B, 0x9C9C, 0x9C9D, 0x9C9E, 0x9C9F))
SOFTWARE, MAKE, MODEL, ARTIST, DESCRIPTION, DOCUMENT = 0x0131, 0x010F, 0x0110, 0x013B, 0x010E, 0x010D
USER_COMMENT = 0x9286


def user_comment(text: str) -> bytes:
    """As piexif's helper writes it, which front-ends use."""
    import piexif.helper

    dumped: bytes = piexif.helper.UserComment.dump(text, encoding="unicode")
    return dumped


def jpeg(**fields: Any) -> bytes:
    return picture("JPEG", **fields)


def webp(**fields: Any) -> bytes:
    return picture("WEBP", **fields)


def avif(**fields: Any) -> bytes:
    return picture("AVIF", quality=60, **fields)


def png(text: Values | None = None, *, form: str = "tEXt", **save: Any) -> bytes:
    """A PNG with text chunks of one form."""
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    for key, value in (text or {}).items():
        if form == "iTXt":
            info.add_itxt(key, value)
        else:
            info.add_text(key, value, zip=form == "zTXt")
    return picture("PNG", pnginfo=info, **save)


def png_chunk_behind_pixels(name: bytes, contents: bytes) -> bytes:
    """A PNG in which a chunk follows the pixels, where Pillow writes none."""
    import zlib

    plain = tiny("image/png")
    made = struct.pack(">I", len(contents)) + name + contents + struct.pack(">I", zlib.crc32(name + contents))
    return plain[:-12] + made + plain[-12:]


def png_xmp(packet: bytes) -> bytes:
    return png({"XML:com.adobe.xmp": packet.decode()}, form="iTXt")


def by_exiv2(
    media_type: str, *, iptc: Values | None = None, xmp_: Values | None = None, exif: Values | None = None
) -> bytes:
    """A tiny file to which Exiv2 added fields by its own names, such as `Iptc.Application2.Credit`."""
    import pyexiv2

    with pyexiv2.ImageData(tiny(media_type)) as image:
        if iptc:
            image.modify_iptc(dict(iptc))
        if xmp_:
            image.modify_xmp(dict(xmp_))
        if exif:
            image.modify_exif(dict(exif))
        made: bytes = image.get_bytes()
    return made


def film(format_: str, values: Values, codec: str = "mpeg4", **options: str) -> bytes:
    """One frame of film by FFmpeg."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=format_, options=options) as container:
        container.metadata.update(values)
        stream = container.add_stream(codec, rate=1)
        stream.width = stream.height = SIDE
        stream.pix_fmt = "yuv420p"
        for frame in (av.VideoFrame(SIDE, SIDE, "yuv420p"), None):
            for packet in stream.encode(frame):
                container.mux(packet)
    return out.getvalue()


def sound(format_: str, values: Values, codec: str = "pcm_s16le") -> bytes:
    """A fiftieth of a second of silence by FFmpeg."""
    import av
    import numpy as np

    out = io.BytesIO()
    with av.open(out, "w", format=format_) as container:
        container.metadata.update(values)
        stream = container.add_stream(codec, rate=48000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 960), dtype=np.int16), format="s16", layout="mono")
        silence.sample_rate, silence.pts = 48000, 0
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=48000)
        for frame in (*resampler.resample(silence), None):
            for packet in stream.encode(frame):
                container.mux(packet)
    return out.getvalue()


def mp4_tags(values: Values) -> bytes:
    """An MP4 whose tags are in a list of keys, as TC260 wants its label."""
    return film("mp4", values, movflags="use_metadata_tags")


def mp3(*frames: Any, version: int = 4) -> bytes:
    """Sound behind a tag of these mutagen frames."""
    from mutagen.id3 import ID3

    tag = ID3()
    for frame in frames:
        tag.add(frame)
    out = io.BytesIO(tiny("audio/mpeg"))
    if version == 3:
        tag.update_to_v23()
    tag.save(out, v2_version=version)
    return out.getvalue()


def avi_info(name: bytes, value: bytes) -> bytes:
    """An AVI with an INFO list, for names that FFmpeg does not write."""
    plain = tiny("video/x-msvideo")
    body = plain[12:] + chunk(b"LIST", b"INFO", chunk(name, value))
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"AVI " + body


def pdf(information: Values | None = None, packet: bytes | None = None, **save: Any) -> bytes:
    """A document by qpdf; `object_stream_mode` and others go to its writer."""
    import pikepdf

    with pikepdf.new() as document:
        document.add_blank_page(page_size=(72, 72))
        for key, value in (information or {}).items():
            document.docinfo[f"/{key}"] = value
        if packet:
            stream = document.make_stream(packet)
            stream.Type, stream.Subtype = pikepdf.Name.Metadata, pikepdf.Name.XML
            document.Root.Metadata = stream
        out = io.BytesIO()
        document.save(out, **save)
    return out.getvalue()


_OFFICE_PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}
CUSTOM_PROPERTIES = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"


def office(
    values: Values, form: str = "docx", *, uri: str = CUSTOM_PROPERTIES, stored: bool = False, part: bytes | None = None
) -> bytes:
    """A document of ECMA-376 with custom properties; `part` is what stands there instead."""
    import zipfile

    types = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
    root = ET.Element(f"{{{uri}}}Properties")
    for number, (name, value) in enumerate(values.items(), 2):
        property_ = ET.SubElement(root, f"{{{uri}}}property", {"pid": str(number), "name": name})
        ET.SubElement(property_, f"{{{types}}}lpwstr").text = value
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr(_OFFICE_PARTS[form], "<text>AIGC</text>")
        package.writestr("docProps/custom.xml", ET.tostring(root, encoding="utf-8") if part is None else part)
        package.writestr("docProps/core.xml", "<coreProperties/>")
    return out.getvalue()


def chunk_behind(media_type: str, name: bytes, contents: bytes) -> bytes:
    """A RIFF file with one more chunk at its end."""
    plain = tiny(media_type)
    body = plain[8:] + chunk(name, contents)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def samsung(name: str, contents: bytes) -> bytes:
    """A JPEG with Samsung's trailer, in the layout that ExifTool's Samsung.pm documents."""
    block = struct.pack("<HHI", 0, 0x0BA1, len(name)) + name.encode() + contents
    directory = b"SEFH" + struct.pack("<II", 106, 1) + struct.pack("<HHII", 0, 0x0BA1, len(block), len(block))
    return tiny("image/jpeg") + block + directory + struct.pack("<I", len(directory)) + b"SEFT"


def stealth(
    text: str, *, channel: str = "alpha", gzipped: bool = True, size: tuple[int, int] = (64, 128), **save: Any
) -> bytes:
    """A PNG (or what `format` says) with a payload in the lowest bits, column by column."""
    import gzip

    import numpy as np
    from PIL import Image

    head = f"stealth_{'png' if channel == 'alpha' else 'rgb'}{'comp' if gzipped else 'info'}".encode()
    body = gzip.compress(text.encode()) if gzipped else text.encode()
    bits = np.unpackbits(np.frombuffer(head + struct.pack(">I", 8 * len(body)) + body, dtype=np.uint8))
    pixels = np.array(Image.linear_gradient("L").resize(size).convert("RGBA" if channel == "alpha" else "RGB"))
    channels = pixels[:, :, 3:] if channel == "alpha" else pixels[:, :, :3]
    columns = channels.transpose(1, 0, 2).reshape(-1)
    columns[: len(bits)] = columns[: len(bits)] & 0xFE | bits
    channels[:] = columns.reshape(size[0], size[1], -1).transpose(1, 0, 2)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, **{"format": "PNG", **save})
    return out.getvalue()


CAMERA: dict[int, Any] = {
    MAKE: "NIKON CORPORATION",
    MODEL: "NIKON Z 6_2",
    0x0132: "2021:05:04 10:00:00",
    0x829A: (1, 200),
    0x829D: (56, 10),
    0x8827: 400,
    0x9003: "2021:05:04 10:00:00",
    0x920A: (50, 1),
    0x927C: b"Nikon\0\x02\x11\0\0" + bytes(40),
}


def camera(**changes: Any) -> bytes:
    """A JPEG with the EXIF of a camera; `changes` are tags by name (`make`, `note`, ...), null to leave one out."""
    import piexif

    names = {"make": MAKE, "model": MODEL, "exposure": 0x829A, "aperture": 0x829D, "iso": 0x8827, "note": 0x927C}
    names |= {"focal": 0x920A, "taken": 0x9003, "changed": 0x0132, "software": SOFTWARE}
    tags = CAMERA | {names[name]: value for name, value in changes.items() if name != "thumbnail"}
    main = {tag: value for tag, value in tags.items() if tag < 0x8000 and value is not None}
    exif = {tag: value for tag, value in tags.items() if tag >= 0x8000 and value is not None}
    exif |= {0xA002: SIDE, 0xA003: SIDE}
    block = {"0th": main, "Exif": exif, "1st": {0x0103: 6}, "thumbnail": changes.get("thumbnail", tiny("image/jpeg"))}
    if block["thumbnail"] is None:
        del block["thumbnail"], block["1st"]
    out = io.BytesIO()
    piexif.insert(piexif.dump(block), tiny("image/jpeg"), out)
    return out.getvalue()
