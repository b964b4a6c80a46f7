"""For every rule of `declared_metadata_rules.yaml` files that its tool writes, and others that only look like them.

The files are written by other programs (`tests/metadata_files.py`); the values are those the tools write.
"""

import json

from tests.assets import tiny
from tests.detectors.metadata_label_samples import LABEL_SAMPLES, Make, commented, id3, tagged
from tests.metadata_files import (
    ARTIST,
    DC,
    DESCRIPTION,
    DOCUMENT,
    EXIF,
    MAKE,
    MODEL,
    PHOTOSHOP,
    SOFTWARE,
    USER_COMMENT,
    XMP,
    avif,
    by_exiv2,
    camera,
    film,
    jpeg,
    mp4_tags,
    pdf,
    picture,
    png,
    png_xmp,
    samsung,
    sound,
    stealth,
    user_comment,
    webp,
    xmp,
)

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
DREAMINA = {"product": "dreamina", "exportType": "generation"}


def credit(text: str) -> Make:
    return lambda: jpeg(xmp=xmp(PHOTOSHOP, {"Credit": text}))


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
} | LABEL_SAMPLES
