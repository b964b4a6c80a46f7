"""Every rule of the table fires on what its tool writes, and not on what merely looks like it.

The files are written by other programs (`tests/metadata_files.py`); the values are those the tools write.
"""

import json
from collections.abc import Callable

import pytest

from lowbackground.detectors.declared_metadata import declared_metadata
from lowbackground.detectors.metadata_rules import rule_table
from tests.assets import tiny
from tests.factories import records
from tests.metadata_files import (
    ARTIST,
    DC,
    DESCRIPTION,
    DOCUMENT,
    DST,
    EXIF,
    IPTC_EXT,
    MAKE,
    MODEL,
    PHOTOSHOP,
    SOFTWARE,
    TC260,
    USER_COMMENT,
    XMP,
    avi_info,
    avif,
    by_exiv2,
    camera,
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
    samsung,
    sound,
    stealth,
    user_comment,
    webp,
    xmp,
)

Make = Callable[[], bytes]
DETECTOR = declared_metadata()
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
INFOTEXT = (
    "a lighthouse at dusk\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 965400086, "
    "Size: 512x512, Model hash: 6ce0161689, Version: v1.10.1"
)
SAMPLED = json.dumps(
    {
        "3": {"class_type": "KSampler", "inputs": {"seed": 1, "model": ["4", 0]}, "is_changed": [float("nan")]},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0]}},
    }
)
DRAWN = json.dumps({"nodes": [{"id": 1, "type": "SamplerCustomAdvanced"}], "links": [[1, 2]], "version": 0.4})
RESIZED = json.dumps(
    {"1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}, "2": {"class_type": "ImageScale", "inputs": {}}}
)
NOVELAI = {
    "Title": "NovelAI generated image",
    "Software": "NovelAI",
    "Source": "NovelAI Diffusion V4 4F49EC75",
    "Comment": json.dumps({"prompt": "a boat", "steps": 28, "sampler": "k_euler", "uc": "", "signed_hash": "AAAA"}),
}
LABEL = {"Label": "1", "ContentProducer": "001191110102MACQD9K64010000", "ProduceID": "7", "ReservedCode1": ""}
DREAMINA = {"product": "dreamina", "exportType": "generation"}


def label(value: str, *, wrapped: bool = False) -> str:
    fields = LABEL | {"Label": value}
    return json.dumps({"AIGC": fields} if wrapped else fields)


def source(term: str, **form: object) -> Make:
    return lambda: jpeg(xmp=xmp(IPTC_EXT, {"DigitalSourceType": term}, **form))  # type: ignore[arg-type]


def credit(text: str) -> Make:
    return lambda: jpeg(xmp=xmp(PHOTOSHOP, {"Credit": text}))


def tagged(tag: int, value: object) -> Make:
    return lambda: jpeg(exif={tag: value})


def commented(text: str) -> Make:
    return lambda: jpeg(exif={USER_COMMENT: user_comment(text)})


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


SAMPLES: dict[str, tuple[list[Make], list[Make]]] = {  # rule: what fires it, what must not
    "hidden-payload": (
        [
            lambda: stealth(INFOTEXT),
            lambda: stealth(INFOTEXT, channel="rgb", gzipped=False),
            lambda: stealth(INFOTEXT, format="WEBP", lossless=True, exact=True),
        ],
        [lambda: tiny("image/png"), lambda: stealth(INFOTEXT, format="WEBP", quality=90), lambda: png(NOVELAI)],
    ),
    "novelai": (
        [lambda: png(NOVELAI), lambda: webp(exif={SOFTWARE: NOVELAI["Source"], DOCUMENT: NOVELAI["Title"]})],
        [lambda: png({"Software": "NovelAI"}), lambda: png({"Comment": '{"steps": 28}', "Source": "a book"})],
    ),
    "stable-diffusion-parameters": (
        [
            lambda: png({"parameters": INFOTEXT}),
            lambda: png({"parameters": INFOTEXT + "é"}, form="iTXt"),
            lambda: png({"parameters": INFOTEXT}, form="zTXt"),
            commented(INFOTEXT),
            lambda: webp(exif={USER_COMMENT: user_comment(INFOTEXT)}),
            lambda: avif(exif={USER_COMMENT: user_comment(INFOTEXT)}),
        ],
        [
            lambda: png({"parameters": "none"}),
            lambda: png({"Description": INFOTEXT}),  # words about a picture, in a field that nobody's front-end writes
            commented("Steps: 20, up the tower"),
        ],
    ),
    "stable-diffusion-extras": (
        [lambda: png({"postprocessing": "Postprocess upscale by: 4, Postprocess upscaler: R-ESRGAN 4x+"})],
        [lambda: png({"postprocessing": "sharpened in a darkroom"}), lambda: png({"Comment": "Upscale"})],
    ),
    "comfyui": (
        [
            lambda: png({"prompt": SAMPLED}),
            lambda: png({"workflow": DRAWN}),
            lambda: webp(exif={MAKE: f"prompt:{SAMPLED}", MODEL: f"workflow:{DRAWN}"}),
            lambda: film("mp4", {"comment": json.dumps({"prompt": SAMPLED, "workflow": json.loads(DRAWN)})}),
            lambda: film("matroska", {"comment": SAMPLED}),
        ],
        [
            lambda: png({"prompt": RESIZED}),
            lambda: png({"prompt": "a KSampler in a museum"}),
            lambda: png({"prompt": "{}"}),
        ],
    ),
    "comfyui-other": (
        [lambda: png({"prompt": RESIZED})],
        [lambda: png({"prompt": SAMPLED}), lambda: png({"workflow": json.dumps({"nodes": [], "links": []})})],
    ),
    "invokeai": (
        [lambda: png({"invokeai_metadata": '{"generation_mode": "txt2img"}'}), lambda: png({"Dream": "a boat -s 50"})],
        [lambda: png({"Title": "Dream"}), lambda: png({"Comment": "invokeai_metadata"})],
    ),
    "fooocus": (
        [
            lambda: png({"fooocus_scheme": "fooocus", "parameters": "{}"}),
            lambda: png({"parameters": '{"metadata_scheme": "fooocus", "seed": 1}'}),
            tagged(SOFTWARE, "Fooocus v2.5.5"),
            lambda: jpeg(comment=b'{"base_model": "juggernaut", "sharpness": 2.0}'),
        ],
        [
            tagged(SOFTWARE, "Focus 2.1"),
            lambda: png({"fooocus_scheme": "other"}),
            lambda: png({"Comment": '{"sharpness": 2}'}),
        ],
    ),
    "swarmui": (
        [
            lambda: png({"parameters": '{"sui_image_params": {"prompt": "a boat"}}'}),
            tagged(MODEL, '{"sui_image_params": {"model": "x"}}'),
        ],
        [lambda: png({"parameters": "about sui_image_params"})],
    ),
    "easy-diffusion": (
        [lambda: png({"negative_prompt": "blurry", "use_stable_diffusion_model": "sd-v1-4"})],
        [lambda: png({"negative_prompt": "blurry"})],
    ),
    "draw-things": (
        [
            lambda: jpeg(
                xmp=xmp(EXIF, {"UserComment": '{"c":"a","uc":"b","sampler":"e","steps":8,"scale":4,"model":"m"}'})
            ),
            lambda: png_xmp(xmp(XMP, {"CreatorTool": "Draw Things"})),
        ],
        [lambda: png_xmp(xmp(XMP, {"CreatorTool": "Draw"})), lambda: jpeg(xmp=xmp(EXIF, {"UserComment": '{"c":"a"}'}))],
    ),
    "flux-reference": (
        [tagged(SOFTWARE, "AI generated;txt2img;flux"), tagged(MAKE, "Black Forest Labs")],
        [tagged(SOFTWARE, "not AI generated"), tagged(ARTIST, "Black Forest Labs")],
    ),
    "civitai": (
        [commented('a boat, Civitai resources: [{"type":"checkpoint"}]'), lambda: png({"generation_data": "{}"})],
        [commented("seen on Civitai"), lambda: png({"Software": "Model hash"})],
    ),
    "parameters-key": (
        [lambda: png({"parameters": "none"})],
        [lambda: png({"parameter": "none"}), lambda: png({"parameters": "  "})],
    ),
    "hugging-face-job": (
        [lambda: png({"hf-job-id": UUID})],
        [lambda: png({"hf-job-id": "yes"}), lambda: png({"job-id": UUID})],
    ),
    "midjourney": (
        [
            lambda: png({"Description": f"photo taken with nikon d750 --ar 3:2 --v 6.1 Job ID: {UUID}"}),
            tagged(DESCRIPTION, f"a boat --v 5 Job ID: {UUID}"),
        ],
        [
            lambda: png({"Description": "a printing shop; Job ID: 4711"}),
            lambda: png({"Comment": f"Job ID: {UUID}"}),
            lambda: png({"Description": "photo taken with nikon d750"}),
        ],
    ),
    "google-made": (
        [
            credit("Made with Google AI"),
            lambda: by_exiv2("image/jpeg", iptc={"Iptc.Application2.Credit": "Made with Google AI"}),
            lambda: by_exiv2("image/tiff", iptc={"Iptc.Application2.Credit": "Made with Google AI"}),
            lambda: by_exiv2("image/png", iptc={"Iptc.Application2.Credit": "Made with Google AI"}),
            credit("AI-Generated with Google Gemini"),
        ],
        [
            credit("Made with Google AI Studio"),
            lambda: jpeg(xmp=xmp(DC, {"description": "Made with Google AI"})),
            credit("Edited with Google AI"),
        ],
    ),
    "google-edited": ([credit("Edited with Google AI")], [credit("Edited by a person"), credit("Made with Google AI")]),
    "apple-clean-up": (
        [credit("Apple Photos Clean Up"), credit("Apple Photos Generative Edit: Clean Up")],
        [credit("Apple Photos"), tagged(SOFTWARE, "Apple Photos Clean Up")],
    ),
    "apple-image-playground": (
        [credit("Apple Image Playground")],
        [credit("Apple Photos"), lambda: jpeg(xmp=xmp(DC, {"title": "Apple Image Playground"}))],
    ),
    "samsung-generative-edit": (
        [
            lambda: samsung("PhotoEditor_Re_Edit_Data", b'{"originalPath":"a","genAIType":3}'),
            commented('{"PhotoEditor_Re_Edit_Data":{"genAIType":1}}'),
        ],
        [
            lambda: samsung("PhotoEditor_Re_Edit_Data", b'{"originalPath":"a","genAIType":0}'),
            lambda: samsung("Image_UTC_Data", b'{"genAIType":3}'),
            commented('{"genAIType":1}'),
        ],
    ),
    "grok": (
        [
            lambda: jpeg(exif={DESCRIPTION: f"Signature: {'Ab1+' * 20}==", ARTIST: UUID}),
            lambda: webp(xmp=xmp(DC, {"description": f"Signature: {'Ab1+' * 20}==", "creator": UUID})),
            lambda: png({"Description": f"Signature: {'Ab1+' * 20}==", "Author": UUID}),
            lambda: by_exiv2(
                "image/jpeg",
                iptc={
                    "Iptc.Application2.Caption": f"Signature: {'Ab1+' * 20}==",
                    "Iptc.Application2.Byline": UUID,
                },
            ),
        ],
        [
            lambda: jpeg(exif={DESCRIPTION: f"Signature: {'Ab1+' * 20}==", ARTIST: "A. Person"}),
            lambda: jpeg(exif={DESCRIPTION: "Signature: lower left", ARTIST: UUID}),
        ],
    ),
    "adobe-firefly": (
        [lambda: jpeg(xmp=xmp(XMP, {"CreatorTool": "Adobe Firefly"}))],
        [
            lambda: jpeg(xmp=xmp(XMP, {"CreatorTool": "Adobe Photoshop 26.0"})),
            lambda: jpeg(xmp=xmp("http://purl.org/dc/terms/", {"provenance": "https://cai-manifests.adobe.com/x"})),
        ],
    ),
    "named-service": (
        [
            tagged(MAKE, "Ideogram AI"),
            tagged(SOFTWARE, "reve.com"),
            lambda: png({"Source": "Luma AI"}),
            lambda: png({"Comment": "Generated by Luma AI Uni-1"}),
        ],
        [tagged(ARTIST, "Leonardo"), tagged(MAKE, "Ideogram"), lambda: png({"Comment": "about Luma AI"})],
    ),
    "named-model": (
        [tagged(SOFTWARE, "Stable Diffusion 3.5"), tagged(ARTIST, "DALL-E 3"), lambda: pdf({"Creator": "ComfyUI"})],
        [
            lambda: png({"Title": "Stable Diffusion explained"}),
            tagged(SOFTWARE, "Stability 2"),
            tagged(DESCRIPTION, "Stable Diffusion"),
            tagged(SOFTWARE, "Banana Editor"),
            tagged(ARTIST, "DALL-EXANDER"),
        ],
    ),
    "named-model-short": (
        [tagged(SOFTWARE, "flux 1.1 pro"), lambda: jpeg(xmp=xmp(XMP, {"CreatorTool": "Imagen 4"}))],
        [tagged(ARTIST, "Leonardo da Vinci"), tagged(SOFTWARE, "influx"), tagged(MAKE, "Flux")],
    ),
    "dreamina-generation": (
        [commented(json.dumps(DREAMINA)), tagged(DESCRIPTION, json.dumps({"data": json.dumps(DREAMINA)}))],
        [
            commented(json.dumps(DREAMINA | {"exportType": "retouch"})),
            commented('{"product":"doubao","exportType":"generation"}'),
        ],
    ),
    "bytedance-aigc-info": (
        [commented('{"aigc_info":{"aigc_label_type":2}}'), lambda: mp4_tags({"AigcInfo": '{"aigc_label_type":1}'})],
        [commented('{"aigc_info":{"aigc_label_type":0}}'), lambda: mp4_tags({"AigcInfo": '{"aigc_label_type":0}'})],
    ),
    "suno": (
        [
            id3("COMM", lang="eng", desc="", text=f"made with suno; created=2025-11-02T10:00:00Z; id={UUID}"),
            id3("WOAS", url=f"https://suno.com/song/{UUID}"),
            lambda: sound("ipod", {"comment": f"made with suno studio; created=2026-01-01; id={UUID}"}, "aac"),
            lambda: sound("wav", {"comment": "made with suno; created=2025"}),
            lambda: sound("mp3", {"comment": "Made with Suno; created=2025"}, "libmp3lame"),
            lambda: sound("ogg", {"comment": "made with suno"}, "libopus"),
        ],
        [
            id3("COMM", lang="eng", desc="", text="not made with suno"),
            id3("COMM", lang="eng", desc="", text="made with sunoko drums"),
            id3("WOAS", url="https://suno.com/blog/hello"),
            lambda: sound("mp3", {"title": "made with suno"}, "libmp3lame"),
        ],
    ),
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
    "sensor-data": (
        [
            lambda: picture("TIFF", tiffinfo={MAKE: "NIKON", 330: 0}).replace(
                b"\x06\x01\x03\0\1\0\0\0\2\0", b"\x06\x01\x03\0\1\0\0\0\x23\x80"
            )
        ],
        [lambda: picture("TIFF", tiffinfo={MAKE: "NIKON"}), camera],
    ),
    "camera": (
        [camera, lambda: camera(thumbnail=None, iso=None), lambda: camera(note=b"Canon", make="Canon")],
        [
            lambda: camera(note=None, thumbnail=None, iso=None),
            lambda: camera(make="Ideogram AI", note=None, taken="yesterday"),
            lambda: jpeg(exif={MAKE: "NIKON CORPORATION", MODEL: "NIKON Z 6_2"}),
        ],
    ),
}
SIGNED_ELSEWHERE = {"novelai-signed"}  # tests/detectors/test_novelai_signature.py, for it needs a key


def fired(data: bytes) -> list[str]:
    """The names of the rules that a file fulfils."""
    answer = DETECTOR(records([{"raw": data}])).evidence[0]
    assert answer.reason not in {"metadata.failed", "metadata.container-unread"}, answer
    facts = json.loads(answer.detail or "{}")
    return [facts["rule"], *(other.partition(" ")[0] for other in facts.get("others", []))] if facts else []


def test_every_registered_source_type_has_a_rule() -> None:
    from importlib.resources import files

    import yaml

    facts = yaml.safe_load(files("lowbackground.manifests").joinpath("source_types.yaml").read_text("utf-8"))
    terms = {term for listed in facts["classes"].values() for term in listed}
    assert len(terms) >= 22  # IPTC's 20 of 2024-10 and C2PA's two
    for term in terms:
        space = "http://c2pa.org/digitalsourcetype/" if term in {"empty", "trainedAlgorithmicData"} else DST
        assert [name for name in fired(source(space + term)()) if name.startswith("source-type")], term


def cases(kind: int) -> list[object]:
    return [
        pytest.param(rule, make, id=f"{rule}-{index}")
        for rule, made in SAMPLES.items()
        for index, make in enumerate(made[kind])
    ]


def test_every_rule_has_samples_of_both_kinds() -> None:
    assert {rule.name for rule in rule_table().rules} == SAMPLES.keys() | SIGNED_ELSEWHERE
    assert all(positives and near_misses for positives, near_misses in SAMPLES.values())


@pytest.mark.parametrize("rule, make", cases(0))
def test_a_rule_fires_on_what_its_tool_writes(rule: str, make: Make) -> None:
    assert rule in fired(make())


@pytest.mark.parametrize("rule, make", cases(1))
def test_a_rule_is_silent_on_what_only_looks_like_it(rule: str, make: Make) -> None:
    assert rule not in fired(make())


@pytest.mark.parametrize(
    "media_type",
    [
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/avif",
        "image/heic",
        "image/tiff",
        "image/gif",
        "image/jxl",
        "image/svg+xml",
        "video/mp4",
        "video/quicktime",
        "video/x-msvideo",
        "audio/mp4",
        "audio/mpeg",
        "audio/flac",
        "audio/wav",
        "application/pdf",
    ],
)
def test_a_plain_file_fulfils_no_rule(media_type: str) -> None:
    assert fired(tiny(media_type)) == []
