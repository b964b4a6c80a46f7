"""For the rules on labels and source types files that carry them in every container, and others that only look like it.

Written by other programs, as in `metadata_samples.py`.
"""

import json
from collections.abc import Callable

from tests.metadata_files import (
    DC,
    DESCRIPTION,
    DST,
    IPTC_EXT,
    TC260,
    USER_COMMENT,
    XMP,
    avi_info,
    avif,
    by_exiv2,
    chunk_behind,
    film,
    jpeg,
    mp3,
    mp4_tags,
    office,
    pdf,
    picture,
    png,
    png_chunk_behind_pixels,
    png_xmp,
    sound,
    user_comment,
    webp,
    xmp,
)

Make = Callable[[], bytes]
LABEL = {"Label": "1", "ContentProducer": "001191110102MACQD9K64010000", "ProduceID": "7", "ReservedCode1": ""}


def label(value: str, *, wrapped: bool = False) -> str:
    fields = LABEL | {"Label": value}
    return json.dumps({"AIGC": fields} if wrapped else fields)


def source(term: str, **form: object) -> Make:
    return lambda: jpeg(xmp=xmp(IPTC_EXT, {"DigitalSourceType": term}, **form))  # type: ignore[arg-type]


def id3(name: str, **fields: object) -> Make:
    from mutagen import id3 as frames

    return lambda: mp3(getattr(frames, name)(encoding=3, **fields))


def labels(value: str) -> list[Make]:
    """The label in every container that TC260 names, and in those that others use."""
    plain, wrapped = label(value), label(value, wrapped=True)
    packet = xmp(TC260, {"AIGC": plain}, prefix="TC260")
    return [
        lambda: jpeg(xmp=packet),
        lambda: jpeg(xmp=xmp(TC260, {"AIGC": plain}, prefix="zz", attributes=True)),
        lambda: png_xmp(packet),
        lambda: webp(xmp=packet),
        lambda: avif(xmp=packet),
        lambda: picture("TIFF", tiffinfo={700: packet}),
        lambda: png({"AIGC": plain}),
        lambda: png_chunk_behind_pixels(b"tEXt", b"AIGC\0" + plain.encode()),
        lambda: jpeg(exif={USER_COMMENT: user_comment(wrapped)}),
        lambda: jpeg(exif={DESCRIPTION: wrapped}),
        lambda: mp4_tags({"AIGC": plain}),
        lambda: film("matroska", {"AIGC": plain}),
        lambda: film("webm", {"AIGC": plain}, "libvpx"),
        lambda: avi_info(b"AIGC", plain.encode()),
        lambda: film("flv", {"AIGC": plain}, "flv1"),
        lambda: film("flv", {"comment": wrapped}, "flv1"),
        id3("TXXX", desc="AIGC", text=plain),
        id3("TXXX", desc="aigc", text=wrapped),
        lambda: sound("flac", {"AIGC": plain}, "flac"),
        lambda: sound("ogg", {"AIGC": plain}, "libopus"),
        lambda: sound("wav", {"comment": wrapped}),
        lambda: chunk_behind("audio/wav", b"AIGC", plain.encode()),
        *(lambda form=form: office({"AIGC": plain}, form) for form in ("docx", "xlsx", "pptx")),
        lambda: pdf({"AIGC": plain}),
        lambda: pdf(packet=packet),
        lambda: pdf(packet=xmp("http://ns.adobe.com/pdfx/1.3/", {"AIGC": plain}, prefix="pdfx")),
    ]


def base64_label(prefix: str = "") -> str:
    import base64

    return base64.b64encode((prefix + label("1")).encode()).decode()


def tagged(tag: int, value: object) -> Make:
    return lambda: jpeg(exif={tag: value})


def commented(text: str) -> Make:
    return lambda: jpeg(exif={USER_COMMENT: user_comment(text)})


LABEL_SAMPLES: dict[str, tuple[list[Make], list[Make]]] = {  # rule: what fires it, what must not
    "aigc-generated": (
        [
            *labels("1"),
            id3("TXXX", desc="XmpKvBase64", text=base64_label("AIGC=")),
            lambda: jpeg(xmp=xmp(TC260, {"XmpKvBase64": base64_label()})),
            lambda: png({"AIGC": json.dumps({"AIGC": label("1")})}),
            lambda: png({"AIGC": "AIGC" + label("1")}),
            lambda: png({"AIGC": label("1").replace('"', "&quot;")}),
            lambda: png({"AIGC": '{"label": 1, "contentProducer": "a", "produceId": "b"}'}),
            lambda: jpeg(xmp=xmp(TC260, {"Label": "1", "ContentProducer": "a", "ProduceID": "b"})),
            lambda: jpeg(xmp=xmp(TC260.rstrip("/"), {"AIGC": label("1")}, attributes=True)),
        ],
        [
            lambda: png({"AIGC": "yes"}),
            lambda: png({"AIGC": '{"Title": "AIGC"}'}),
            lambda: png({"AIGC": label("2")}),
            commented(label("1")),  # under no name
            lambda: office({"Title": label("1")}),
            lambda: office({"AIGC": label("1")}, uri="http://example.org/custom-properties"),
            lambda: jpeg(xmp=xmp(TC260, {"Label": "2", "ContentProducer": "1"})),
            lambda: jpeg(xmp=xmp(XMP, {"Label": "1"})),  # a photographer's star or colour
            lambda: jpeg(xmp=xmp("http://example.org/ns/AIGC/", {"AIGC": label("1")}, prefix="TC260")),
        ],
    ),
    "aigc-possibly": (labels("2")[:2], [lambda: png({"AIGC": label("1")}), lambda: png({"AIGC": label("22")})]),
    "aigc-suspected": (labels("3")[:2], [lambda: png({"AIGC": label("2")})]),
    "aigc-without-label": (
        [lambda: png({"AIGC": json.dumps({"ServiceProvider": "a", "ServiceUser": "b", "ContentId": "c"})})],
        [lambda: png({"AIGC": label("9")}), lambda: png({"AIGC": "{}"})],
    ),
    "source-type-synthetic": (
        [
            source(f"{DST}trainedAlgorithmicMedia"),
            source(f"{DST}trainedAlgorithmicMedia".replace("http:", "https:"), prefix="iptcExt", attributes=True),
            source("digsrctype:trainedAlgorithmicMedia"),
            source("TrainedAlgorithmicMedia"),
            source("http://c2pa.org/digitalsourcetype/trainedAlgorithmicData"),
            lambda: jpeg(xmp=xmp(IPTC_EXT, {"DigitalSourcefileType": f"{DST}trainedAlgorithmicMedia"})),
            lambda: by_exiv2("image/webp", xmp_={"Xmp.iptcExt.DigitalSourceType": f"{DST}trainedAlgorithmicMedia"}),
            lambda: pdf(packet=xmp(IPTC_EXT, {"DigitalSourceType": f"{DST}trainedAlgorithmicMedia"})),
        ],
        [
            source(f"{DST}algorithmicMedia"),
            source("http://example.org/vocabulary/trainedAlgorithmicMedia"),
            lambda: jpeg(xmp=xmp("http://example.org/ns/", {"DigitalSourceType": f"{DST}trainedAlgorithmicMedia"})),
            source(f"{DST}compositeWithTrainedAlgorithmicMedia"),
        ],
    ),
    "source-type-edited": (
        [source(f"{DST}compositeWithTrainedAlgorithmicMedia")],
        [source(f"{DST}trainedAlgorithmicMedia"), source(f"{DST}compositeSynthetic")],
    ),
    "source-type-mixed": ([source(f"{DST}compositeSynthetic")], [source(f"{DST}composite")]),
    "source-type-captured": (
        [
            source(DST + term)
            for term in ("digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print")
        ],
        [source(f"{DST}screenCapture"), source(f"{DST}compositeCapture"), source("capture")],
    ),
    "source-type-captures": ([source(f"{DST}compositeCapture")], [source(f"{DST}digitalCapture")]),
    "source-type-human-made": (
        [
            source(DST + term)
            for term in ("humanEdits", "minorHumanEdits", "digitalCreation", "digitalArt", "algorithmicallyEnhanced")
        ],
        [source(f"{DST}digitalCapture"), source(f"{DST}softwareImage")],
    ),
    "source-type-procedural": (
        [source(DST + term) for term in ("algorithmicMedia", "dataDrivenMedia", "virtualRecording", "softwareImage")],
        [source(f"{DST}trainedAlgorithmicMedia")],
    ),
    "source-type-open": (
        [source(f"{DST}composite"), source(f"{DST}screenCapture"), source("http://c2pa.org/digitalsourcetype/empty")],
        [source(f"{DST}compositeCapture"), source("anything")],
    ),
    "ai-system-used": (
        [
            lambda: jpeg(xmp=xmp(IPTC_EXT, {"AISystemUsed": "A generator"})),
            lambda: png_xmp(xmp(IPTC_EXT, {"AISystemVersionUsed": "2.1"})),
            lambda: webp(xmp=xmp(IPTC_EXT, {"AIPromptInformation": "a boat"})),
            lambda: pdf(packet=xmp(IPTC_EXT, {"AIPromptWriterName": "A. Person"})),
        ],
        [
            lambda: jpeg(xmp=xmp(DC, {"AISystemUsed": "A generator"})),
            lambda: jpeg(xmp=xmp(IPTC_EXT, {"Event": "A generator"})),
        ],
    ),
}
