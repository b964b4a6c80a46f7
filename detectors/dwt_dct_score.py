"""Compares the votes of a picture's blocks with the known payloads: one score, whatever the payload and the part.

Bit j of a payload of L bits stands in every L-th block, rows first. f_j is the mean vote of those blocks. f is
correlated with the payload at all L cyclic shifts, and the shift that a mark would have is compared with the others:
any constant leaning of the votes, as flat colour causes, cancels.

A payload that spells letters resembles itself every eight bits, which would hold the score of a perfect `InvokeAI` at
5.3 deviations. So the payload's spectrum is used without its magnitude; then votes of chance correlate alike at every
shift, the studentised peak has Student's distribution with L - 2 degrees of freedom, and the score is the same
quantile of the normal distribution: 5 means 5 for 32 bits and for 224.

A generated part of a larger picture is sought in halves, thirds and quarters: in step with the whole picture (a part
of a marked picture was replaced) and by itself (a marked picture was put into another one).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.dwt_dct_payloads import PAYLOADS, Payload
from lowbackground.detectors.dwt_dct_votes import MODES, SIDE

MIN_AREA = 256 * 256  # pixels, below which the encoder refuses: imwatermark, WatermarkEncoder.encode
MIN_REPEATS = 4  # blocks a bit, below which a mean says nothing; 256 x 256 pixels hold the longest payload so often
CUTS = ((1, 1), (1, 2), (2, 1), (2, 2), (1, 3), (3, 1))  # down, across

Votes = NDArray[np.uint8]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a picture, in blocks; `own` where it is read as a picture by itself."""

    top: int
    bottom: int
    left: int
    right: int
    own: bool

    @property
    def blocks(self) -> int:
        """How many blocks it has."""
        return (self.bottom - self.top) * (self.right - self.left)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width and height in pixels."""
        return (
            self.left * SIDE,
            self.top * SIDE,
            (self.right - self.left) * SIDE,
            (self.bottom - self.top) * SIDE,
        )


@dataclass(frozen=True, slots=True)
class Match:
    """The best score of a part, and what it was scored for."""

    score: float
    payload: Payload
    mode: str
    part: Part


@dataclass(frozen=True, slots=True)
class Reading:
    """The best match of the whole picture, and the best of all parts, which may be the same."""

    whole: Match
    best: Match


def parts(width: int, height: int) -> Iterator[Part]:
    """The parts of a picture of that many pixels that are looked at, the whole first."""
    for down, across in CUTS:
        if (width // across) * (height // down) < MIN_AREA:
            continue
        for row in range(down):
            for column in range(across):
                edges = (
                    height * row / down,
                    height * (row + 1) / down,
                    width * column / across,
                    width * (column + 1) / across,
                )
                top, bottom, left, right = (int(edge // SIDE) for edge in edges)
                if top > 0 or across > 1:  # else it is the same by itself
                    yield Part(top, bottom, left, right, own=False)
                if edges[0] % SIDE == 0 and edges[2] % SIDE == 0:  # else its blocks lie across those of the whole
                    yield Part(top, bottom, left, right, own=True)


def read_mark(votes: Votes, width: int, height: int) -> Reading | None:
    """The best matches over all payloads, modes and parts; null for a picture too small to hold a mark.

    `votes` are those of `block_votes`, by mode, row and column of blocks; `width` and `height` in pixels.
    """
    best: dict[Part, Match] = {}
    for payload, found, scores in all_scores(votes, list(parts(width, height))):
        ahead = scores[:, :, 0].argmax(1)
        for part, mode, score in zip(found, ahead, scores[range(len(found)), ahead, 0].round(2), strict=True):
            if part not in best or score > best[part].score:  # rounded: last bits of a Fourier transform never show
                best[part] = Match(float(score), payload, MODES[mode], part)
    if not best:
        return None
    matches = list(best.values())  # that of the whole first, as in `parts`
    return Reading(matches[0], max(matches, key=lambda match: match.score))


def all_scores(votes: Votes, wanted: Sequence[Part]) -> Iterator[tuple[Payload, Sequence[Part], Floats]]:
    """The scores of each payload by part, mode and shift, and the parts large enough for it.

    Those of a mark stand at shift 0, the others are chance.
    """
    streams = {part: _stream(votes, part) for part in wanted}
    folded: dict[int, tuple[list[Part], Floats]] = {}
    for payload in PAYLOADS:
        length = len(payload.bits)
        if length not in folded:
            large = [part for part in wanted if part.blocks >= MIN_REPEATS * length]
            folded[length] = large, _means([_folded(*streams[part], length) for part in large])
        large, means = folded[length]
        if large:
            scores = shift_scores(means.reshape(-1, length), payload.bits)
            yield payload, large, scores.reshape(means.shape)


def _stream(votes: Votes, part: Part) -> tuple[NDArray[np.float32], int]:
    """The votes of a part in the order in which its bits were written, by mode, and the place of the first.

    After the modes comes a row that has 1 for each block of the part, and 0 for others in between.
    """
    lines, columns = votes[:, part.top : part.bottom], slice(part.left, part.right)
    if part.own:
        lines, columns = lines[:, :, columns], slice(None)
    stream = np.zeros((len(lines) + 1, *lines.shape[1:]), np.float32)
    stream[:-1, :, columns] = lines[:, :, columns]
    stream[-1, :, columns] = 1
    return stream.reshape(len(stream), -1), 0 if part.own else part.top * votes.shape[2]


def _folded(stream: NDArray[np.float32], first: int, length: int) -> NDArray[np.float32]:
    """The sum of every `length`-th value of each row, by bit; exact, for the values are small whole numbers."""
    turns, start = stream.shape[1] // length, first % length
    sums: NDArray[np.float32] = stream[:, : turns * length].reshape(len(stream), turns, length).sum(1)
    rest = stream[:, turns * length :]
    sums[:, : rest.shape[1]] += rest
    return np.concatenate([sums[:, length - start :], sums[:, : length - start]], axis=1) if start else sums


def _means(sums: Sequence[NDArray[np.float32]]) -> Floats:
    """The mean vote by part, mode and bit; a bit that stands in no block of a narrow part has the mean of all."""
    if not sums:
        return np.empty((0, 0, 0))
    stacked = np.array(sums, np.float64)
    votes, counts = stacked[:, :-1], stacked[:, -1:]
    overall = votes.sum(2, keepdims=True) / counts.sum(2, keepdims=True)
    return np.where(counts > 0, votes / np.maximum(counts, 1), overall)


def shift_scores(means: Floats, bits: str) -> Floats:
    """For each row of mean votes and each shift of the payload, how far it stands above all other shifts.

    In deviations of a normal distribution; 0 where no shift differs.
    """
    length = means.shape[1]
    found = np.fft.ifft(np.fft.fft(means - means.mean(1, keepdims=True)) * _filter(bits)).real
    mean = -found / (length - 1)  # of the others: all together are 0, for the filter has no constant part
    variance = ((found**2).sum(1, keepdims=True) - found**2) / (length - 1) - mean**2
    raised = (found - mean) / np.sqrt(np.maximum(variance, 1e-12)) * np.sqrt((length - 2) / length)  # studentised
    return np.where(variance > 1e-12, _normal(raised, length - 2), 0.0)


def _normal(t: Floats, freedom: int) -> Floats:
    """The normal quantile of a quantile of Student's distribution: D. L. Wallace, Ann. Math. Stat. 30 (1959), 1121."""
    size: Floats = np.sqrt(freedom * np.log1p(t**2 / freedom)) * (8 * freedom + 1) / (8 * freedom + 3)
    return np.copysign(size, t)


@lru_cache(maxsize=64)
def _filter(bits: str) -> NDArray[np.complex128]:
    """The payload's spectrum, conjugate and without its magnitude; no constant part."""
    spectrum = np.fft.fft([1.0 if bit == "1" else -1.0 for bit in bits])
    spectrum[0] = 0
    magnitude = np.abs(spectrum)
    whitened = np.where(magnitude > 1e-6, np.conj(spectrum) / np.maximum(magnitude, 1e-6), 0)
    whitened.flags.writeable = False
    return whitened
