"""Draws hills and swirls: pictures that differ at a glance, without shipping any."""

import io
from math import cos, pi, sin
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

WIDTH, HEIGHT = 480, 320

Colour = tuple[int, int, int]


class Light(NamedTuple):
    """The colours of a time of day: sky at the horizon and above, sun, ridges from far to near."""

    horizon: Colour
    zenith: Colour
    sun: Colour
    ridges: tuple[Colour, Colour, Colour]


_BY_DAY = ((120, 160, 120), (80, 130, 80), (46, 96, 54))
NOON = Light((200, 225, 250), (70, 130, 210), (255, 236, 150), _BY_DAY)
DUSK = Light((250, 160, 90), (90, 60, 120), (255, 220, 140), _BY_DAY)
NIGHT = Light((12, 16, 40), (2, 2, 12), (245, 245, 235), ((30, 44, 40), (22, 34, 30), (14, 22, 20)))
FOG = Light((222, 226, 230), (180, 198, 216), (238, 236, 226), ((190, 200, 196), (172, 186, 176), (150, 170, 154)))


def landscape(light: Light = NOON, *, suns: int = 1, balloon: bool = False) -> bytes:
    """Hills under a sky, as a JPEG without metadata."""
    from PIL import Image, ImageDraw

    ramp = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    scene = Image.composite(Image.new("RGB", ramp.size, light.horizon), Image.new("RGB", ramp.size, light.zenith), ramp)
    draw = ImageDraw.Draw(scene)
    for x in range(90, 90 + 220 * suns, 220):
        draw.ellipse((x, 40, x + 46, 86), fill=light.sun)
    for ridge, shade in enumerate(light.ridges):
        base = 190 + 40 * ridge
        crest = [(x, base + 26 * sin(x / (52 + 17 * ridge) + 2 * ridge)) for x in range(0, WIDTH + 8, 8)]
        draw.polygon([*crest, (WIDTH, HEIGHT), (0, HEIGHT)], fill=shade)
    if balloon:
        _balloon(draw)
    return _encoded(scene, "JPEG", quality=88)


def _balloon(draw: "ImageDraw.ImageDraw") -> None:
    draw.ellipse((300, 50, 380, 140), fill=(214, 60, 50))
    draw.ellipse((322, 50, 358, 140), fill=(240, 200, 70))
    draw.line((312, 120, 334, 160), fill=(60, 40, 30), width=2)
    draw.line((368, 120, 346, 160), fill=(60, 40, 30), width=2)
    draw.rectangle((332, 160, 348, 172), fill=(110, 74, 40))


def swirl(arms: int = 12) -> bytes:
    """Spirals in colours that no hill has, as a PNG without metadata."""
    from PIL import Image, ImageDraw

    canvas = Image.new("RGB", (WIDTH, HEIGHT), (18, 8, 40))
    draw = ImageDraw.Draw(canvas)
    for arm in range(arms):
        colour = (int(127 + 127 * sin(arm)), int(127 + 127 * sin(arm + 2)), int(127 + 127 * sin(arm + 4)))
        turn = 2 * pi * arm / arms
        points = [
            (WIDTH / 2 + step * 2.4 * cos(turn + step / 16), HEIGHT / 2 + step * 1.7 * sin(turn + step / 16))
            for step in range(100)
        ]
        draw.line(points, fill=colour, width=9, joint="curve")
    return _encoded(canvas, "PNG")


def _encoded(image: "Image.Image", format_: str, **options: int) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()
