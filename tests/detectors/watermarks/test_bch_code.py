"""BCH codes: equal to division by the generator, corrected up to the promised errors and no further."""

from itertools import combinations
from random import Random

import pytest

from lowbackground.detectors.watermarks.bch_code import BCHCode

CODES = [(0b1011, 1), (0b10011, 1), (0b10011, 2), (0b10011, 3), (137, 3), (137, 4), (137, 5), (137, 8)]
every_code = pytest.mark.parametrize("modulus, corrects", CODES)
# g(x) of (15, 7) and (15, 5), and of the Hamming code (7, 4): Lin and Costello, 2nd edition, example 6.1 and table 6.4
PUBLISHED = {(0b1011, 1): 0b1011, (0b10011, 2): 0b111010001, (0b10011, 3): 0b10100110111}


def remainder(word: int, divisor: int) -> int:
    """Long division over GF(2), bit by bit: shares nothing with the code under test."""
    bits, divisor_bits = ([int(bit) for bit in f"{number:b}"] for number in (word, divisor))
    size = len(divisor_bits)
    for start in range(len(bits) - size + 1):
        if bits[start]:
            for place in range(size):
                bits[start + place] ^= divisor_bits[place]
    return int("".join(map(str, bits[-(size - 1) :])) or "0", 2)


@pytest.mark.parametrize("code, generator", PUBLISHED.items())
def test_generators_are_those_of_the_textbook(code: tuple[int, int], generator: int) -> None:
    assert BCHCode(*code).generator == generator


@every_code
def test_the_generator_divides_what_every_cyclic_code_divides(modulus: int, corrects: int) -> None:
    code = BCHCode(modulus, corrects)
    assert remainder((1 << code.length) | 1, code.generator) == 0  # x^n - 1


@every_code
def test_data_with_its_parity_is_a_multiple_of_the_generator(modulus: int, corrects: int) -> None:
    code, random = BCHCode(modulus, corrects), Random(1)
    for _ in range(50):
        data = random.getrandbits(code.length - code.parity_bits)
        parity = code.parity(data)
        assert parity < 1 << code.parity_bits
        assert parity == remainder(data << code.parity_bits, code.generator)


@every_code
def test_as_many_errors_as_promised_are_corrected(modulus: int, corrects: int) -> None:
    code, random = BCHCode(modulus, corrects), Random(2)
    for _ in range(40):
        data = random.getrandbits(code.length - code.parity_bits)
        word = data << code.parity_bits | code.parity(data)
        for count in range(corrects + 1):
            wrong = sum(1 << place for place in random.sample(range(code.length), count))
            assert code.errors(word ^ wrong) == wrong


@pytest.mark.parametrize("corrects", [1, 2, 3])
def test_small_codes_correct_to_the_nearest_word_or_not_at_all(corrects: int) -> None:
    code = BCHCode(0b10011, corrects)
    data_bits = code.length - code.parity_bits
    words = [data << code.parity_bits | code.parity(data) for data in range(1 << data_bits)]
    nearest = {
        word ^ sum(1 << place for place in places): sum(1 << place for place in places)
        for word in words
        for count in range(corrects + 1)
        for places in combinations(range(code.length), count)
    }
    assert len(nearest) <= 1 << code.length
    for word in range(0, 1 << code.length, 7):
        assert code.errors(word) == nearest.get(word)


@pytest.mark.parametrize("corrects", [3, 5, 8])
def test_what_is_given_as_a_correction_always_leads_to_a_word_of_the_code(corrects: int) -> None:
    code, random = BCHCode(137, corrects), Random(3)
    given = 0
    for _ in range(400):
        word = random.getrandbits(code.length)
        wrong = code.errors(word)
        if wrong is not None:
            given += 1
            assert wrong.bit_count() <= corrects
            assert remainder(word ^ wrong, code.generator) == 0
    assert corrects == 8 or given > 0
