"""What torch's CPU generator draws, without torch, bit for bit.

- The generator is MT19937, seeded by `init_genrand` with the low 32 bits of the seed (ATen `CPUGeneratorImpl`).
- `torch.randperm(n)` is a forward Fisher-Yates shuffle: step i swaps positions i and i + u32 mod (n - i).
- `torch.randint(0, 2)` is u32 mod 2.
- CUDA draws other numbers (Philox): what was marked on a GPU cannot be found with these.
"""

import threading

import numpy as np
from numpy.typing import NDArray

SEED_MASK = 0xFFFFFFFF  # of a seed the generator takes the low 32 bits


class _Generator(threading.local):
    """One generator a thread, seeded anew before every use: to make one costs four times what it draws."""

    def __init__(self) -> None:
        self.words = np.random.RandomState(0)  # the one public way to `init_genrand`, with a stream that is frozen


_generator = _Generator()


def draws(seed: int, count: int) -> NDArray[np.uint32]:
    """The first `count` words of 32 bits after `torch.Generator().manual_seed(seed)`."""
    _generator.words.seed(seed & SEED_MASK)
    return _generator.words.randint(0, 1 << 32, size=count, dtype=np.uint32)


def coin_flips(seed: int, count: int) -> NDArray[np.uint8]:
    """`torch.randint(0, 2, (count,))` of a generator with this seed."""
    return (draws(seed, count) & 1).astype(np.uint8)


def permutation(seed: int, size: int) -> NDArray[np.int64]:
    """`torch.randperm(size)` of a generator with this seed; some 0.3 s for a million."""
    order = list(range(size))
    for step, partner in enumerate(partners(seed, size, size - 1).tolist()):
        order[step], order[partner] = order[partner], order[step]
    return np.array(order, np.int64)


def partners(seed: int, size: int, steps: int) -> NDArray[np.int64]:
    """The positions with which the first `steps` (below `size`) steps of `torch.randperm(size)` swap theirs."""
    left = np.arange(size, size - steps, -1, dtype=np.uint32)
    return np.arange(steps) + draws(seed, steps) % left


def ends_in_head(swaps: NDArray[np.int64], number: int) -> bool:
    """Whether `number` is among the first `len(swaps)` of the permutation whose first steps `swaps` are.

    The number is followed through the shuffle instead of making the permutation: it stays where it is until its
    position is taken as a partner, which moves it into the head for good, or until the steps arrive at its position
    themselves and send it to their partner.
    """
    at, first = number, 0
    while True:
        if (swaps[first:] == at).any():
            return True
        if at >= len(swaps):
            return False
        at, first = int(swaps[at]), at + 1
