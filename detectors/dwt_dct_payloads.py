"""What the watermark of the Stable Diffusion family spells, by generator.

Each program writes one constant, over and over; nobody needs a key to read it, nor to write it. Lengths are those on
the wire: FLUX builds its bits from `bin(constant)`, which drops two leading zeros, so 46 of its 48 are written.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Payload:
    """`bits` in the order in which they are written, as a string of 0 and 1; `generators` are those known to write it."""

    name: str
    bits: str
    generators: str


def _spelt(text: str, generators: str) -> Payload:
    """A text as eight bits a letter, highest first (imwatermark, WatermarkEncoder.set_by_bytes)."""
    return Payload(text, "".join(f"{byte:08b}" for byte in text.encode("ascii")), generators)


PAYLOADS = (
    _spelt("StableDiffusionV1", "Stable Diffusion 1"),  # CompVis/stable-diffusion, scripts/txt2img.py
    _spelt("StableDiffusionV1-Inpainting", "Stable Diffusion 1 inpainting"),  # HowToSD/cremage, utils/watermark.py
    _spelt("SDV2", "Stable Diffusion 2"),  # Stability-AI/stablediffusion, scripts/txt2img.py, scripts/gradio/*.py
    Payload(  # Stability-AI/generative-models, sgm/inference/helpers.py; diffusers, stable_diffusion_xl/watermark.py
        "SDXL", f"{0xB3EC907BB19E:048b}", "Stable Diffusion XL, Stable Video Diffusion, SV3D"
    ),
    Payload("FLUX", f"{0x2AFE879CF52E:b}", "FLUX.1, FLUX.2"),  # black-forest-labs/flux, src/flux/util.py
    _spelt("InvokeAI", "InvokeAI"),  # invoke-ai/InvokeAI, backend/image_util/invisible_watermark.py
    _spelt("Paint-by-Example", "Paint by Example"),  # this and the next: forks, by search over public repositories
    _spelt("ScrollRack", "ScrollRack"),
    _spelt("synthica.ai", "Synthica"),
    _spelt("StableDiffusion", "forks of Stable Diffusion"),
)
