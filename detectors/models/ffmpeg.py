"""Opens sound and film that come from anywhere, with FFmpeg (PyAV, the extra `media`), and bounds what it may do.

- The demuxer is that of the sniffed type, and the decoder one of a short list: what is rare is hardly ever attacked, and
  hardly ever hardened. Playlists and other formats that name files are not among them.
- FFmpeg is given bytes. Whatever it wants to open beside them, a file or an address, is refused.
- One thread: then the same bytes give the same samples, and a record costs one core.
"""

import importlib.util
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from lowbackground.detectors.models.model_folder import ModelError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

Data = bytes | memoryview
Answer = TypeVar("Answer")

_ISO, _MATROSKA, _OGG = "mov", "matroska", "ogg"  # FFmpeg's names
_DEMUXERS = {
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": _OGG,
    "audio/mp4": _ISO,
    "audio/webm": _MATROSKA,
    "audio/x-matroska": _MATROSKA,
    "audio/aac": "aac",
    "audio/aiff": "aiff",
    "video/mp4": _ISO,
    "video/quicktime": _ISO,
    "video/3gpp": _ISO,
    "video/webm": _MATROSKA,
    "video/x-matroska": _MATROSKA,
    "video/x-msvideo": "avi",
    "video/ogg": _OGG,
}
_FILM = frozenset(("h264", "hevc", "av1", "libdav1d", "vp8", "vp9", "libvpx", "libvpx-vp9", "mpeg4", "mjpeg", "theora"))
_SOUND = frozenset(("mp3", "mp3float", "aac", "flac", "opus", "libopus", "vorbis", "alac", "adpcm_ms", "adpcm_ima_wav"))
_PLAIN = "pcm_"  # of any width and order
MAX_PROBED_BYTES = 5_000_000  # FFmpeg's own default, said here so that a build with another one does not change it
MAX_ALLOCATION = 256 << 20  # bytes at once; headers can ask for 2 GiB, a frame of DCI 4K in 16 bits takes 75 MB
MAX_ERRORS = 100  # damaged packets of a stream, after which the rest is given up


class UnreadableError(ValueError):
    """No sound and no film comes out of these bytes."""


class MemoryLimitError(ValueError):
    """FFmpeg got less memory than it wanted: the record asks for more than any may have, or memory is short."""


class UnsupportedError(UnreadableError):
    """A container or a codec that is not decoded here."""


def require_av() -> None:
    """Refuse to go on without PyAV; imports nothing.

    Raises:
        ModelError: it is not installed.
    """
    if importlib.util.find_spec("av") is None:
        raise ModelError(
            "needs PyAV to decode sound and film, which is not installed: pip install 'lowbackground[media]'"
        )


def can_be_opened(media_type: str | None) -> bool:
    """Whether sound or film of this type is decoded at all."""
    return media_type in _DEMUXERS


@contextmanager
def opened(data: Data, media_type: str, kind: str, **decoder: str) -> Iterator[tuple["InputContainer", "Stream"]]:
    """The container of a type that `can_be_opened`, and its first stream of a `kind`: `audio` or `video`.

    `decoder` are options of FFmpeg's decoder.

    Raises:
        UnsupportedError: it has no such stream, or one of a codec that is not decoded here.
        UnreadableError: it is damaged.
        MemoryLimitError: it asks for too much memory; also while it is read.
    """
    import av

    _limit_allocations()
    with attempted(
        av.open,
        io.BytesIO(data),
        format=_DEMUXERS[media_type],
        io_open=_refused,
        options={"protocol_whitelist": "none", "probesize": str(MAX_PROBED_BYTES)},
        metadata_errors="replace",
    ) as container:
        streams: tuple[Any, ...] = getattr(container.streams, kind)
        if not streams:
            raise UnsupportedError(f"no {kind} in it")
        context = streams[0].codec_context
        if context is None or not _is_decoded(context.codec.name):
            raise UnsupportedError("a codec that is not decoded here")
        context.thread_count = 1
        context.options = decoder
        yield container, streams[0]


@lru_cache(maxsize=1)
def _limit_allocations() -> bool:
    """Have FFmpeg refuse to allocate more than `MAX_ALLOCATION` at once in this process: av_max_alloc of libavutil.

    False where the library cannot be reached through what PyAV links, as on Windows; then the record's memory is bounded
    by that of the process alone.
    """
    import ctypes

    from av.container import core  # any module of PyAV that is linked against FFmpeg

    limit = getattr(ctypes.CDLL(core.__file__), "av_max_alloc", None)
    if limit is None:
        return False
    limit.argtypes, limit.restype = (ctypes.c_size_t,), None
    limit(MAX_ALLOCATION)
    return True


def attempted(call: Callable[..., Answer], *arguments: Any, **options: Any) -> Answer:
    """What a call into FFmpeg returns.

    Raises:
        UnreadableError: the record is damaged here.
        MemoryLimitError: FFmpeg wants more memory than it gets, which its error leaves open whose fault it is.
    """
    import av

    try:
        return call(*arguments, **options)
    except av.error.MemoryError as error:
        raise MemoryLimitError("FFmpeg wants more memory than it gets") from error
    except (av.FFmpegError, ValueError, OverflowError) as error:
        raise UnreadableError(f"damaged: {type(error).__name__}") from error


def _is_decoded(codec: str) -> bool:
    return codec in _FILM or codec in _SOUND or codec.startswith(_PLAIN)


def _refused(*_: object) -> Any:
    raise UnsupportedError("a record opens no file but itself")


def decoded_frames(container: "InputContainer", stream: "Stream") -> Iterator[Any]:
    """The frames of a stream from where the container stands, in order; null for each packet that is damaged.

    Ends where the stream does, or behind `MAX_ERRORS` packets of damage.
    """
    packets, errors = container.demux(stream), 0
    while errors < MAX_ERRORS:
        try:
            packet = attempted(next, packets, None)
        except UnreadableError:  # the container itself is damaged from here on
            yield None
            return
        if packet is None:
            return
        try:
            yield from attempted(packet.decode)
        except UnreadableError:
            errors += 1
            yield None
