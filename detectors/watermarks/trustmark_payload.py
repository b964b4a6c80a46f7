"""The hundred bits of a TrustMark: data, the parity of a BCH code, and two bits that name the code.

Layout, codes and padding are those of adobe/trustmark (python/trustmark/datalayer.py, README "Data schema"): 96 bits of
data and parity, then four bits of which the last two count. Data is padded with zeros to whole bytes before its parity
is computed, and the padding is not sent.

How much a code word that comes out of nothing means is exact for bits that are thrown with a fair coin: of the 2^96
words, a code of k data bits that corrects e errors has 2^k times the words within e bits of one.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import comb

from lowbackground.detectors.watermarks.bch_code import BCHCode
from lowbackground.detectors.watermarks.exact_tail import binomial

BITS = 100
CODED_BITS = 96
_MODULUS = 137  # x^7 + x^3 + 1: BCH_POLYNOMIAL of datalayer.py


@dataclass(frozen=True, slots=True)
class Schema:
    """A way of dividing the bits; `number` is that of the last two."""

    name: str
    number: int
    corrects: int
    data_bits: int

    @property
    def code(self) -> BCHCode:
        """Its code, built once."""
        return _code(self.corrects)

    @property
    def padding(self) -> int:
        """Zeros behind the data when its parity is computed."""
        return -self.data_bits % 8

    @property
    def parity_bits(self) -> int:
        """What the data leaves of the coded bits."""
        return CODED_BITS - self.data_bits

    def chance(self, errors: int) -> float:
        """The share of all words of 96 bits that lie within so many bits of a code word."""
        return float(sum(comb(CODED_BITS, count) for count in range(errors + 1)) / 2**self.parity_bits)


@lru_cache(maxsize=8)
def _code(corrects: int) -> BCHCode:
    return BCHCode(_MODULUS, corrects)


SCHEMAS = (
    Schema("BCH_SUPER", 0, 8, 40),
    Schema("BCH_5", 1, 5, 61),
    Schema("BCH_4", 2, 4, 68),
    Schema("BCH_3", 3, 3, 75),
)


@dataclass(frozen=True, slots=True)
class Payload:
    """Data that was read, `data_bits` of its schema as a number, and how many of the 96 bits were wrong."""

    schema: Schema
    data: int
    errors: int

    @property
    def fpr(self) -> float:
        """How often a hundred fair coins give a payload of any schema that is as unlikely as this one, or more so."""
        own = self.schema.chance(self.errors)
        return sum(
            max((chance for chance in map(each.chance, range(each.corrects + 1)) if chance <= own), default=0.0)
            for each in SCHEMAS
        ) / len(SCHEMAS)

    @property
    def text(self) -> str:
        """The data as zeros and ones, as the tools of TrustMark write it."""
        return f"{self.data:0{self.schema.data_bits}b}"


def encoded(data: int, schema: Schema) -> int:
    """The hundred bits that carry `data`, the first bit highest."""
    parity = schema.code.parity(data << schema.padding)
    return ((data << schema.parity_bits | parity) << 4) | schema.number


def decoded(bits: int) -> Payload | None:
    """The payload in a hundred bits, the first highest; null where there is none, or none but zeros.

    Zeros are a word of every linear code, and what a network says that sees nothing.
    """
    schema = SCHEMAS[bits & 0b11]
    coded = bits >> 4
    data, parity = coded >> schema.parity_bits, coded & ((1 << schema.parity_bits) - 1)
    word = data << (schema.padding + schema.parity_bits) | parity
    wrong = schema.code.errors(word)
    if wrong is None or _outside(wrong, schema):
        return None
    corrected = (word ^ wrong) >> (schema.padding + schema.parity_bits)
    return Payload(schema, corrected, wrong.bit_count()) if corrected else None


def _outside(wrong: int, schema: Schema) -> bool:
    """Whether a correction touches bits that were never sent: padding, or what lies before the data."""
    padding = ((1 << schema.padding) - 1) << schema.parity_bits
    return bool(wrong & padding) or wrong >> (schema.data_bits + schema.padding + schema.parity_bits) != 0


def agreement(bits: int, data: int, schema: Schema) -> int:
    """How many data bits of a hundred received ones are those of `data`."""
    received = bits >> (BITS - schema.data_bits)
    return schema.data_bits - (received ^ data).bit_count()


def agreement_fpr(agreeing: int, schema: Schema, tests: int) -> float:
    """How often data that was drawn at random agrees in so many bits with whatever was received, for one of `tests`."""
    return min(1.0, tests * binomial(0.5).tail(schema.data_bits, agreeing).p)
