"""`inspect` shows each mark with where in the file it stands: every container, texts, pages, headers and pixels."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.unmarked_pictures import clouds
from lowbackground.detectors.dwt_dct_payloads import PAYLOADS
from lowbackground.manifests.metadata.read import CONTAINERS, read_metadata
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.explain.explanation import Explanation
from lowbackground.pipeline.explain.inspection import inspect_bytes, inspect_location
from tests.assets import box, tiny
from tests.detectors.metadata_label_samples import id3, label
from tests.detectors.metadata_samples import INFOTEXT
from tests.detectors.residue_samples import PROSE
from tests.dwt_dct_encoder import marked
from tests.factories import AS_OF
from tests.marked_text import as_text, golden, word_tokenizer
from tests.metadata_files import (
    DST,
    IPTC_EXT,
    MAKE,
    PLUS,
    TC260,
    USER_COMMENT,
    avi_info,
    avif,
    film,
    jpeg,
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
from tests.warcs import page, response, write

Make = Callable[[], bytes]
BASE = {"as_of": AS_OF, "trust_folder": str(Path(__file__).parent / "no-trust-lists"), "workers": 1}
CONFIG = Config.model_validate(BASE)
DECLARED = xmp(IPTC_EXT, {"DigitalSourceType": f"{DST}trainedAlgorithmicMedia"})
LABEL_XMP = xmp(TC260, {"AIGC": label("1")}, prefix="TC260")


def told(explanation: Explanation, detector: str) -> dict[str, Any]:
    """The detail of a detector's evidence, which must stand on the screen as well."""
    (evidence,) = (each for each in explanation.to_json()["evidence"] if each["detector"] == detector)
    assert evidence["detail"] is not None, evidence
    assert json.dumps(evidence["detail"], sort_keys=True, separators=(",", ":"), ensure_ascii=False) in str(explanation)
    detail: dict[str, Any] = evidence["detail"]
    return detail


def svg() -> bytes:
    rdf = DECLARED[DECLARED.index(b"<rdf:RDF") : DECLARED.index(b"</rdf:RDF>") + 10]
    return b'<svg xmlns="http://www.w3.org/2000/svg"><metadata>' + rdf + b"</metadata></svg>"


# What carries the mark, and what the carrier begins with at the byte that is told, or null where it is packed.
CARRIERS: dict[str, tuple[Make, bytes | None]] = {
    "jpeg, XMP": (lambda: jpeg(xmp=LABEL_XMP), b"\xff\xe1"),
    "jpeg, EXIF": (lambda: jpeg(exif={USER_COMMENT: user_comment(label("1", wrapped=True))}), b"\x92\x86"),
    "jpeg, IFD": (lambda: jpeg(exif={MAKE: "Ideogram AI"}), b"\x01\x0f"),
    "jpeg, trailer": (lambda: samsung("PhotoEditor_Re_Edit_Data", b'{"genAIType":3}'), None),
    "png": (lambda: png({"AIGC": label("1")}), None),
    "webp": (lambda: webp(xmp=LABEL_XMP), b"XMP "),
    "heif": (lambda: avif(xmp=LABEL_XMP), b"<?xpacket"),
    "tiff": (lambda: picture("TIFF", tiffinfo={700: LABEL_XMP}), b"\xbc\x02"),
    "gif": (lambda: tiny("image/gif")[:-1] + b"!\xfe" + bytes([len(INFOTEXT)]) + INFOTEXT.encode() + b"\0;", b"!\xfe"),
    "jxl": (lambda: tiny("image/jxl") + box(b"xml ", DECLARED), None),
    "svg": (svg, b"<svg"),
    "mp4": (lambda: mp4_tags({"AIGC": label("1")}), None),
    "matroska": (lambda: film("matroska", {"AIGC": label("1")}), None),
    "flv": (lambda: film("flv", {"AIGC": label("1")}, "flv1"), b"\x12"),
    "avi": (lambda: avi_info(b"AIGC", label("1").encode()), b"AIGC"),
    "mp3": (id3("TXXX", desc="AIGC", text=label("1")), b"TXXX"),
    "wav": (lambda: sound("wav", {"comment": label("1", wrapped=True)}), b"ICMT"),
    "flac": (lambda: sound("flac", {"AIGC": label("1")}, "flac"), None),
    "ogg": (lambda: sound("ogg", {"AIGC": label("1")}, "libopus"), None),
    "pdf, information": (lambda: pdf({"AIGC": label("1")}), None),
    "pdf, XMP": (lambda: pdf(packet=LABEL_XMP), None),
    "office": (lambda: office({"AIGC": label("1")}), None),
    "pixels": (lambda: stealth(INFOTEXT), b"\x89PNG"),
    "procedural": (lambda: jpeg(xmp=xmp(IPTC_EXT, {"DigitalSourceType": f"{DST}dataDrivenMedia"})), b"\xff\xe1"),
}


@pytest.mark.parametrize("name", CARRIERS)
def test_a_mark_in_metadata_is_shown_with_its_container_field_place_and_byte(name: str) -> None:
    make, head = CARRIERS[name]
    data = make()
    facts = told(inspect_bytes(data, CONFIG), "declared_metadata")
    assert facts["rule"]
    assert ":" in facts["field"]
    assert facts["place"]
    assert 0 <= facts["offset"] < len(data)
    if head is not None:
        assert data[facts["offset"] :].startswith(head)


def test_every_container_that_is_read_is_among_them() -> None:
    assert {read_metadata(make()).container for make, _ in CARRIERS.values()} == {
        container for container, _ in CONTAINERS.values()
    }


def test_a_mark_in_a_text_is_shown_with_its_paragraph_and_byte() -> None:
    text = f"{PROSE}\n\nAs an AI language model, I cannot visit it.\n\n{PROSE}\n\nThis article was generated by AI."
    explanation = inspect_bytes(text.encode(), CONFIG, name="letter.txt")
    residue, notice = told(explanation, "llm_residue"), told(explanation, "disclosures")
    assert (residue["place"], residue["paragraph"], residue["byte"]) == ("text", 2, text.index("As an AI"))
    assert (notice["place"], notice["paragraph"], notice["byte"]) == ("text", 4, text.index("This article"))


def test_a_mark_on_a_page_and_one_in_its_headers_are_shown_with_their_places(tmp_path: Path) -> None:
    body = page(f'{PROSE}<p data-start="0" data-end="900" data-is-last-node="">x</p>')
    body = body.replace(b"<head>", b'<head><meta name="robots" content="noai">')
    shard = write(tmp_path, [response(body, AI_Disclosure="mode=ai-originated", X_Robots_Tag="noimageai")])
    explanation = inspect_location(f"{shard}#urn:uuid:r0", CONFIG)
    residue, said = told(explanation, "llm_residue"), told(explanation, "disclosures")
    assert (residue["place"], residue["byte"]) == ("html", body.index(b"<p data-start"))
    assert (said["rule"], said["place"]) == ("header-mode", "header")
    assert said["opt_outs"] == [f"robots=noai at html {body.index(b'<meta')}", "x-robots-tag=noimageai at header"]


def test_an_opt_out_that_stands_alone_is_shown_with_its_place() -> None:
    data = jpeg(xmp=xmp(PLUS, {"DataMining": "DMI-PROHIBITED"}))
    facts = told(inspect_bytes(data, CONFIG), "declared_metadata")
    assert facts["opt_outs"] == [
        f"plus:DataMining=DMI-PROHIBITED at {data.index(b'http://ns.adobe') - 4}, JPEG APP1 XMP"
    ]


def test_a_mark_in_pixels_is_shown() -> None:
    from PIL import Image

    pixels = clouds(np.random.default_rng(1), 512, 512)
    bits = next(payload.bits for payload in PAYLOADS if payload.name == "SDXL")
    out = io.BytesIO()
    Image.fromarray(marked(pixels, bits)).save(out, "PNG")
    facts = told(inspect_bytes(out.getvalue(), CONFIG), "dwt_dct")
    assert (facts["payload"], facts["place"]) == ("SDXL", "pixels")


def test_a_mark_in_the_choice_of_tokens_is_shown_with_its_key_and_how_many_tokens_count(tmp_path: Path) -> None:
    options = {"keys": ["published"], "tokenizers": {"toy": str(word_tokenizer(tmp_path / "toy"))}}
    config = Config.model_validate(BASE | {"detectors": {"green_list": options, "synthid_text": options}})
    for scheme, detector in (("lefthash", "green_list"), ("synthid", "synthid_text")):
        text = as_text(golden()["marked"][scheme])
        facts = told(inspect_bytes(text.encode(), config, name="a.txt"), detector)
        assert facts["place"] == "text"
        assert facts["tokens"] > 100
