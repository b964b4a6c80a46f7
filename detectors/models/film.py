"""Frames of a film, spread evenly over it, one at a time.

A first pass reads the packets and decodes none: how long the film really is, and where its key frames stand, whatever
its header says. The second decodes from the key frame before each place that is wanted.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.models.ffmpeg import Data, UnreadableError, attempted, decoded_frames, opened

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.stream import Stream

Pixels = NDArray[np.uint8]

MAX_FRAME_PIXELS = 4096 * 2304  # DCI 4K and a little; FFmpeg's `max_pixels`, also for a size that changes midway
MAX_DECODED_PIXELS = 2 << 30  # of one film: a thousand frames of Full HD, some seconds of work
MAX_PACKETS = 1_000_000  # of one film: four hours at 60 frames a second


@dataclass(frozen=True, slots=True)
class Survey:
    """What the packets of a film say: its size, its first and last time in seconds, and the times of its key frames.

    Times are those that are stored, which need not begin at 0. `damaged` where reading ended before the film.
    """

    width: int
    height: int
    first: float
    last: float
    keys: tuple[float, ...]
    damaged: bool = False

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.last - self.first


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame as it is to be shown: RGB, height x width x 3. `time` in seconds from the start of the film."""

    time: float
    pixels: Pixels


def survey(data: Data, media_type: str) -> Survey:
    """The packets of a film of a type that `can_be_opened`; no frame is decoded.

    Raises:
        UnsupportedError: it has no pictures, or of a codec that is not decoded here.
        UnreadableError: it is damaged, or has no packet that says when it is to be shown.
        MemoryLimitError: it asks for too much memory.
    """
    first, last, keys, damaged = float("inf"), float("-inf"), [], False
    with opened(data, media_type, "video") as (container, stream):
        packets = container.demux(stream)
        for _ in range(MAX_PACKETS):
            try:
                packet = attempted(next, packets, None)
            except UnreadableError:
                damaged = True
                break
            if packet is None:
                break
            at = packet.pts if packet.pts is not None else packet.dts
            if at is None or not packet.time_base:  # the last packet is an empty one, which empties the decoder
                continue
            time = float(at * packet.time_base)
            first, last = min(first, time), max(last, time + float((packet.duration or 0) * packet.time_base))
            if packet.is_keyframe:
                keys.append(time)
        context: Any = stream.codec_context
        width, height = context.width, context.height
    if last < first:
        raise UnreadableError("no picture in it says when it is to be shown")
    return Survey(width, height, first, last, tuple(sorted(keys)), damaged)


def sampled_frames(data: Data, media_type: str, film: Survey, count: int) -> Iterator[Frame]:
    """Up to `count` frames in the middle of as many equal parts of a film; one that has fewer gives those it has.

    Where a place cannot be decoded, the nearest frame that can counts, once. Stops behind `MAX_DECODED_PIXELS`.

    Raises:
        UnreadableError: no frame comes out of it.
        MemoryLimitError: it asks for too much memory.
    """
    with opened(data, media_type, "video", max_pixels=str(MAX_FRAME_PIXELS)) as (container, stream):
        reader, given = _Reader(container, stream, film.keys), float("-inf")
        for place in range(count):
            frame = reader.frame_at(film.first + (place + 0.5) * film.seconds / count)
            if frame is not None and frame.time > given:
                given = frame.time
                yield Frame(round(given - film.first, 3), _shown(frame))
        if given == float("-inf"):
            raise UnreadableError("no frame comes out of it")


class _Reader:
    """Goes forward through a film, leaping to key frames that lie ahead, within a budget of decoded pixels."""

    def __init__(self, container: "InputContainer", stream: "Stream", keys: tuple[float, ...]) -> None:
        self.container, self.stream, self.keys = container, stream, keys
        self.frames: Iterator[Any] = decoded_frames(container, stream)
        self.budget = MAX_DECODED_PIXELS
        self.last: Any = None

    def frame_at(self, time: float) -> Any:
        """The frame that is shown at `time`, else the nearest that can be decoded; null where there is none."""
        if self.last is not None and self.last.time + _length(self.last) > time:
            return self.last
        self._leap(time)
        while self.budget > 0:
            frame: Any = next(self.frames, _END)
            if frame is _END:
                break
            if frame is None:
                continue
            self.budget -= frame.width * frame.height  # also of one that says no time: it was decoded all the same
            if frame.time is None:
                continue
            self.last = frame
            if frame.time + _length(frame) > time:
                break
        return self.last

    def _leap(self, time: float) -> None:
        """To the last key frame before `time`, if it lies ahead."""
        before = bisect_right(self.keys, time)
        base = self.stream.time_base
        if not before or not base or (self.last is not None and self.keys[before - 1] <= self.last.time):
            return
        try:
            attempted(self.container.seek, round(self.keys[before - 1] / base), stream=self.stream)
        except UnreadableError:  # no index: go on reading
            return
        self.frames = decoded_frames(self.container, self.stream)


_END = object()


def _length(frame: Any) -> float:
    return float((frame.duration or 0) * (frame.time_base or 0))


def _shown(frame: Any) -> Pixels:
    """RGB, turned as the film says: `rotation` counts degrees against the clock."""
    pixels: Pixels = frame.to_ndarray(format="rgb24")
    turns = round((frame.rotation or 0) / 90) % 4
    return np.rot90(pixels, turns) if turns else pixels
