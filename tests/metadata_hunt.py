"""Seeded damage to files full of metadata: `python -m tests.metadata_hunt CONTAINER MUTANTS` in a process of its own.

Printed is what the hunt found: mutants by reason of the answer, memory that the process grew by, seconds of a core.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from random import Random

from tests.assets import box, tiny
from tests.factories import records
from tests.hunting import report
from tests.metadata_files import (
    DC,
    DST,
    IPTC_EXT,
    SOFTWARE,
    USER_COMMENT,
    by_exiv2,
    camera,
    film,
    mp3,
    mp4_tags,
    office,
    pdf,
    picture,
    png,
    samsung,
    sound,
    stealth,
    user_comment,
    webp,
    xmp,
)
from tests.mutations import mutant

BATCH = 100
PACKET = xmp(IPTC_EXT, {"DigitalSourceType": f"{DST}trainedAlgorithmicMedia", "AISystemUsed": "a & b"})
INFOTEXT = "a boat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"
LABEL = '{"AIGC": {"Label": "1", "ProduceID": "7"}}'
TEXTS = {"parameters": INFOTEXT, "AIGC": LABEL, "prompt": '{"3": {"class_type": "KSampler", "inputs": {}}}'}
EXIF = {SOFTWARE: "AI generated;", USER_COMMENT: user_comment(INFOTEXT)}
IPTC = {"Iptc.Application2.Credit": "Made with Google AI"}


def _mp3(version: int) -> bytes:
    from mutagen.id3 import COMM, PRIV, TXXX, WOAS

    texts = TXXX(encoding=1, desc="AIGC", text=LABEL), COMM(encoding=3, lang="eng", desc="", text="made with suno")
    return mp3(*texts, WOAS(url="https://suno.com/song/1"), PRIV(owner="XMP", data=PACKET), version=version)


def _pdf(mode: str) -> bytes:
    import pikepdf

    return pdf({"AIGC": LABEL, "Title": "ü"}, PACKET, object_stream_mode=getattr(pikepdf.ObjectStreamMode, mode))


def _gif() -> bytes:
    plain = tiny("image/gif")
    extension = b"\x21\xff\x0bXMP DataXMP" + PACKET + b"\1" + bytes(range(255, -1, -1)) + b"\0"
    return plain[:-1] + b"\x21\xfe" + bytes([len(INFOTEXT)]) + INFOTEXT.encode() + b"\0" + extension + plain[-1:]


SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "jpeg": lambda: [
        camera(),
        picture("JPEG", exif=EXIF, xmp=PACKET, comment=LABEL.encode()),
        by_exiv2("image/jpeg", iptc=IPTC),
        samsung("PhotoEditor_Re_Edit_Data", b'{"genAIType":1}'),
    ],
    "png": lambda: [
        png(TEXTS),
        png(TEXTS, form="zTXt", exif=EXIF),
        png(TEXTS, form="iTXt"),
        by_exiv2("image/png", iptc=IPTC),
        stealth(INFOTEXT, size=(8, 128)),
        stealth(INFOTEXT, size=(16, 128), channel="rgb"),
    ],
    "webp": lambda: [webp(exif=EXIF, xmp=PACKET), stealth(INFOTEXT, size=(16, 128), format="WEBP", lossless=True)],
    "heif": lambda: [picture("AVIF", exif=EXIF, xmp=PACKET, quality=60), tiny("image/heic")],
    "tiff": lambda: [
        picture("TIFF", tiffinfo={SOFTWARE: "AI generated;", 700: PACKET}),
        picture("TIFF", tiffinfo={SOFTWARE: "AI generated;"}, big_tiff=True),
        by_exiv2("image/tiff", iptc=IPTC),
    ],
    "gif": lambda: [_gif()],
    "jxl": lambda: [tiny("image/jxl") + box(b"xml ", PACKET)],
    "svg": lambda: [b'<svg xmlns="http://www.w3.org/2000/svg"><metadata>' + PACKET[51:-70] + b"</metadata></svg>"],
    "mp4": lambda: [
        mp4_tags({"AIGC": LABEL, "comment": "made with suno"}),
        film("mov", {"comment": "made with suno"}),
        film("mp4", {"comment": "made with suno"})
        + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac"), PACKET),
    ],
    "matroska": lambda: [
        film("matroska", {"AIGC": LABEL}),
        film("webm", {"comment": "made with suno"}, "libvpx", live="1"),
    ],
    "flv": lambda: [film("flv", {"AIGC": LABEL, "comment": "made with suno"}, "flv1")],
    "mp3": lambda: [_mp3(3), _mp3(4)],
    "wav": lambda: [sound("wav", {"comment": "made with suno"})],
    "avi": lambda: [film("avi", {"comment": "made with suno"})],
    "flac": lambda: [sound("flac", {"AIGC": LABEL}, "flac")],
    "ogg": lambda: [sound("ogg", {"AIGC": LABEL}, "libopus"), sound("ogg", {"comment": "made with suno"}, "flac")],
    "office": lambda: [office({"AIGC": LABEL, "Title": "ü"}), office({"AIGC": LABEL}, "xlsx", stored=True)],
    "pdf": lambda: [_pdf("disable"), _pdf("generate")],
    "xmp": lambda: [PACKET, xmp(DC, {"a": "b" * 300, "c": "d"}, attributes=True)],
}


def mutants(container: str, number: int) -> Iterable[bytes]:
    """Damaged files, half of the damage near fields; `xmp` are packets in whole files."""
    from lowbackground.manifests.metadata.read import read_metadata

    seeds = [
        png({"XML:com.adobe.xmp": seed.decode()}, form="iTXt") if container == "xmp" else seed
        for seed in SEEDS[container]()
    ]
    places = [[0, len(seed), *(field.offset for field in read_metadata(seed).fields)] for seed in seeds]
    random = Random(container)
    for index in range(number):
        which = index % len(seeds)
        yield mutant(seeds[which], places[which], random)


def hunt(container: str, number: int) -> Counter[str]:
    """Answers by reason."""
    from lowbackground.detectors.declared_metadata import declared_metadata
    from lowbackground.detectors.pixels import forget_pixels

    detector = declared_metadata()
    reasons: Counter[str] = Counter()
    batch: list[dict[str, bytes]] = []
    for index, data in enumerate(mutants(container, number), 1):
        batch.append({"raw": data})
        if len(batch) == BATCH or index == number:
            for row, evidence in zip(batch, detector(records(batch)).evidence, strict=True):
                assert evidence.reason != "metadata.failed", (evidence.detail, row["raw"].hex()[:2000])
                reasons[evidence.reason] += 1
            batch = []
            forget_pixels()  # which are kept for other detectors, up to a cap of their own
    return reasons


if __name__ == "__main__":
    report(partial(hunt, sys.argv[1]), int(sys.argv[2]))
