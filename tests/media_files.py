"""Sound and film for tests, made by FFmpeg (PyAV) from arrays."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

SOUNDS = [  # container, codec, media type, rate
    ("wav", "pcm_s16le", "audio/wav", 16_000),
    ("wav", "pcm_f32le", "audio/wav", 48_000),
    ("mp3", "libmp3lame", "audio/mpeg", 44_100),
    ("flac", "flac", "audio/flac", 48_000),
    ("ogg", "libopus", "audio/ogg", 48_000),
    ("mp4", "aac", "audio/mp4", 44_100),
    ("matroska", "libopus", "audio/webm", 48_000),
    ("aiff", "pcm_s16be", "audio/aiff", 22_050),
    ("adts", "aac", "audio/aac", 44_100),
]
FILMS = [  # container, codec, media type
    ("mp4", "mpeg4", "video/mp4"),
    ("mp4", "libx264", "video/mp4"),
    ("mov", "libx264", "video/quicktime"),
    ("webm", "libvpx", "video/webm"),
    ("webm", "libvpx-vp9", "video/webm"),
    ("matroska", "libx264", "video/x-matroska"),
    ("avi", "mpeg4", "video/x-msvideo"),
]


def tone(seconds: float, rate: int = 16_000, hertz: float = 440.0, level: float = 0.5) -> NDArray[np.float32]:
    """A sine."""
    return (level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def sound_file(
    samples: NDArray[np.float32], rate: int = 16_000, format_: str = "wav", codec: str = "pcm_s16le", channels: int = 1
) -> bytes:
    """Mono `samples` in a container, on each of `channels`."""
    import av

    out = io.BytesIO()
    layout = "mono" if channels == 1 else "stereo"
    with av.open(out, "w", format=format_) as container:
        stream: Any = container.add_stream(codec, rate=rate, layout=layout)
        whole = np.ascontiguousarray(np.repeat(samples[None], channels, 0))
        resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate)
        for start in range(0, whole.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(whole[:, start : start + 1024]), format="fltp", layout=layout
            )
            frame.sample_rate, frame.pts = rate, start
            for each in resampler.resample(frame):
                for packet in stream.encode(each):
                    container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return out.getvalue()


def film_file(
    frames: Sequence[NDArray[np.uint8]],
    rate: int = 10,
    format_: str = "mp4",
    codec: str = "mpeg4",
    key_every: int = 12,
    rotation: int = 0,
    **options: str,
) -> bytes:
    """RGB frames in a container, a key frame each `key_every`."""
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=format_, options=options) as container:
        stream: Any = container.add_stream(codec, rate=rate)
        stream.height, stream.width, _ = frames[0].shape
        stream.pix_fmt = "yuv420p"
        stream.codec_context.gop_size = key_every
        stream.codec_context.thread_count = 1
        if rotation:
            stream.set_display_rotation(rotation)
        for place, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = place
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return out.getvalue()


def grey_frames(count: int, side: int = 64) -> list[NDArray[np.uint8]]:
    """Frames whose brightness tells their number: 8 steps each."""
    return [np.full((side, side, 3), 8 * place % 256, np.uint8) for place in range(count)]
