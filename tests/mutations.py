"""Seeded damage to files, biased to where containers keep their structure."""

from collections.abc import Sequence
from random import Random

EDGE = 64  # bytes around a place of interest in which damage is likely to matter
TELLING = bytes([0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF])


def mutant(data: bytes, places: Sequence[int], random: Random) -> bytes:
    """`data` with one to three pieces of damage, half of them near one of `places`."""
    for _ in range(random.randint(1, 3)):
        data = _damaged(data, _place(data, places, random), random)
    return data


def _place(data: bytes, places: Sequence[int], random: Random) -> int:
    if places and random.random() < 0.5:
        return max(0, min(len(data) - 1, random.choice(places) + random.randint(-EDGE, EDGE)))
    return random.randrange(len(data)) if data else 0


def _damaged(data: bytes, at: int, random: Random) -> bytes:
    if not data:
        return random.randbytes(8)
    size = random.randint(1, 8)
    match random.randrange(8):
        case 0:  # one byte becomes another
            return data[:at] + random.randbytes(1) + data[at + 1 :]
        case 1:  # one that parsers stumble over
            return data[:at] + bytes([random.choice(TELLING)]) + data[at + 1 :]
        case 2:  # a bit flips
            return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]
        case 3:  # a length or count is off by a little
            return data[:at] + bytes([(data[at] + random.choice((-2, -1, 1, 2))) % 256]) + data[at + 1 :]
        case 4:
            return data[:at] + data[at + size :]
        case 5:
            return data[:at] + random.randbytes(size) + data[at:]
        case 6:  # a block is repeated
            return data[: at + size * 16] + data[at:]
        case _:  # the end is missing
            return data[: max(1, len(data) - size * size)] if random.random() < 0.7 else data[: max(1, at)]
