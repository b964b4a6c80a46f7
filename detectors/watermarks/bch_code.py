"""Binary BCH codes: words that survive a few wrong bits.

A code of length 2^m - 1 that corrects t errors consists of the polynomials over GF(2) that alpha, alpha^2, ...,
alpha^2t of GF(2^m) are roots of (Lin and Costello, Error Control Coding, 2nd edition, chapter 6). Words are Python
numbers: bit i is the coefficient of x^i.
"""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class BCHCode:
    """`modulus` is a primitive polynomial of degree m, as a number; `corrects` is t."""

    modulus: int
    corrects: int

    @property
    def length(self) -> int:
        """Bits of a word that is not shortened."""
        return (1 << (self.modulus.bit_length() - 1)) - 1

    @cached_property
    def _powers(self) -> list[int]:
        """alpha^i."""
        powers, value = [], 1
        for _ in range(self.length):
            powers.append(value)
            value <<= 1
            if value > self.length:
                value ^= self.modulus
        return powers

    @cached_property
    def _logarithms(self) -> dict[int, int]:
        return {value: power for power, value in enumerate(self._powers)}

    @cached_property
    def generator(self) -> int:
        """The least common multiple of the minimal polynomials of alpha^1 to alpha^2t."""
        roots = {
            power * (1 << turn) % self.length for power in range(1, 2 * self.corrects, 2) for turn in range(self.length)
        }
        polynomial = [1]  # lowest coefficient first, over GF(2^m)
        for root in sorted(roots):
            shifted = [0, *polynomial]
            scaled = [*(self._times(each, self._powers[root]) for each in polynomial), 0]
            polynomial = [one ^ other for one, other in zip(shifted, scaled, strict=True)]
        return sum(coefficient << power for power, coefficient in enumerate(polynomial))

    @property
    def parity_bits(self) -> int:
        """How many bits are added."""
        return self.generator.bit_length() - 1

    def parity(self, data: int) -> int:
        """The bits to add behind `data`, which make the whole a multiple of the generator."""
        rest, size = data << self.parity_bits, self.parity_bits
        while rest.bit_length() > size:
            rest ^= self.generator << (rest.bit_length() - 1 - size)
        return rest

    def errors(self, word: int) -> int | None:
        """The wrong bits of a word, as a number to be added to it (xor); null where there are more than `corrects`.

        A correction is given only if it is complete: as many places as the locator has, and a word of the code behind it.
        """
        syndromes = [self._at(word, power) for power in range(1, 2 * self.corrects + 1)]
        if not any(syndromes):
            return 0
        locator = self._locator(syndromes)
        degree = len(locator) - 1
        if degree > self.corrects:
            return None
        places = [place for place in range(self.length) if self._is_root(locator, -place)]
        found = sum(1 << place for place in places)
        if len(places) != degree or any(self._at(word ^ found, power) for power in range(1, 2 * self.corrects + 1)):
            return None
        return found

    def _at(self, word: int, power: int) -> int:
        """The polynomial at alpha^power."""
        value = 0
        while word:
            low = word & -word
            value ^= self._powers[(low.bit_length() - 1) * power % self.length]
            word ^= low
        return value

    def _times(self, one: int, other: int) -> int:
        if not one or not other:
            return 0
        return self._powers[(self._logarithms[one] + self._logarithms[other]) % self.length]

    def _over(self, one: int, other: int) -> int:
        return self._powers[(self._logarithms[one] - self._logarithms[other]) % self.length] if one else 0

    def _locator(self, syndromes: list[int]) -> list[int]:
        """The shortest recurrence of the syndromes, lowest coefficient first: Berlekamp and Massey (Massey 1969)."""
        current, before = [1], [1]
        size, gap, last = 0, 1, 1
        for place, syndrome in enumerate(syndromes):
            difference = syndrome
            for step in range(1, size + 1):
                if step < len(current):
                    difference ^= self._times(current[step], syndromes[place - step])
            if not difference:
                gap += 1
                continue
            factor = self._over(difference, last)
            added = [0] * gap + [self._times(factor, each) for each in before]
            width = max(len(current), len(added))
            joined = [
                (current[at] if at < len(current) else 0) ^ (added[at] if at < len(added) else 0) for at in range(width)
            ]
            if 2 * size <= place:
                before, last, size, gap = current, difference, place + 1 - size, 1
            else:
                gap += 1
            current = joined
        while len(current) > 1 and not current[-1]:
            current.pop()
        return current

    def _is_root(self, locator: list[int], power: int) -> bool:
        value = 0
        for degree, coefficient in enumerate(locator):
            if coefficient:
                value ^= self._powers[(self._logarithms[coefficient] + degree * power) % self.length]
        return value == 0
