"""TrustMark's payload: the published layout, corrected within its code, and as rare by chance as it says."""

from random import Random

import pytest

from lowbackground.detectors.watermarks.trustmark_payload import (
    BITS,
    CODED_BITS,
    SCHEMAS,
    Payload,
    Schema,
    agreement,
    agreement_fpr,
    decoded,
    encoded,
)

every_schema = pytest.mark.parametrize("schema", SCHEMAS, ids=[each.name for each in SCHEMAS])

# the packet of the tests of adobe/trustmark, rust/src/bits.rs: 61 bits of data, 35 of parity, 0001 for BCH_5
PUBLISHED = "1011011110011000111111000000011111011111011100000110110110111000110010101101111010011011000010000001"


def test_the_published_packet_is_read_and_written() -> None:
    payload = decoded(int(PUBLISHED, 2))
    assert payload is not None
    assert (payload.schema.name, payload.errors, payload.text) == ("BCH_5", 0, PUBLISHED[:61])
    assert f"{encoded(payload.data, payload.schema):0100b}" == PUBLISHED


def test_the_published_damage_is_corrected_or_told() -> None:
    flipped = decoded(int("0" + PUBLISHED[1:], 2))  # `single_bitflip` of bits.rs
    assert flipped is not None
    assert (flipped.text, flipped.errors) == (PUBLISHED[:61], 1)
    assert decoded(int("0" * 41 + PUBLISHED[41:], 2)) is None  # `fully_corrupted`
    assert decoded((1 << BITS) - 1) is None  # `corrupt`


@every_schema
def test_sizes_are_those_of_the_readme(schema: Schema) -> None:
    assert (schema.data_bits, schema.corrects) == {0: (40, 8), 1: (61, 5), 2: (68, 4), 3: (75, 3)}[schema.number]
    assert schema.code.parity_bits == schema.parity_bits == CODED_BITS - schema.data_bits


@every_schema
def test_as_many_wrong_bits_as_the_schema_corrects_change_nothing(schema: Schema) -> None:
    random = Random(schema.number)
    for _ in range(20):
        data = random.getrandbits(schema.data_bits) or 1
        packet = encoded(data, schema)
        for count in range(schema.corrects + 1):
            wrong = sum(1 << place for place in random.sample(range(4, BITS), count))
            assert decoded(packet ^ wrong) == Payload(schema, data, count)


@every_schema
def test_one_wrong_bit_more_is_never_read_as_the_same_payload(schema: Schema) -> None:
    random = Random(7 + schema.number)
    for _ in range(20):
        data = random.getrandbits(schema.data_bits) or 1
        wrong = sum(1 << place for place in random.sample(range(4, BITS), schema.corrects + 1))
        payload = decoded(encoded(data, schema) ^ wrong)
        assert payload is None or payload.data != data


def test_of_the_version_bits_the_last_two_count() -> None:
    packet = int(PUBLISHED, 2)
    for high in (0b0100, 0b1000, 0b1100):
        assert decoded(packet ^ high) == decoded(packet)
    assert decoded(packet ^ 0b10) != decoded(packet)


def test_zeros_are_no_payload() -> None:
    for version in range(16):
        assert decoded(version) is None
        assert decoded(version | 1 << 50) is None  # one wrong bit among zeros


@every_schema
def test_fair_coins_give_payloads_as_often_as_is_said(schema: Schema) -> None:
    random, tries = Random(11 + schema.number), 800
    found = [decoded(random.getrandbits(96) << 4 | schema.number) for _ in range(tries)]
    for errors in range(schema.corrects + 1):
        count = sum(payload is not None and payload.errors <= errors for payload in found)
        mean = tries * schema.chance(errors)
        assert count == pytest.approx(mean, abs=4 * mean**0.5 + 1)


def test_the_rate_of_false_payloads_is_that_of_all_schemas_together() -> None:
    random, tries = Random(5), 1500
    payloads = [payload for payload in (decoded(random.getrandbits(100)) for _ in range(tries)) if payload]
    for level in (0.03, 0.01):
        expected = tries * level
        assert sum(payload.fpr <= level for payload in payloads) <= expected + 4 * expected**0.5
    weakest = max(Payload(schema, 1, schema.corrects).fpr for schema in SCHEMAS)
    assert weakest == pytest.approx(sum(schema.chance(schema.corrects) for schema in SCHEMAS) / 4)


def test_more_errors_are_never_less_likely_by_chance() -> None:
    for schema in SCHEMAS:
        rates = [Payload(schema, 1, errors).fpr for errors in range(schema.corrects + 1)]
        assert rates == sorted(rates)
        assert all(0 < rate < 1 for rate in rates)


def test_agreement_counts_data_bits() -> None:
    schema = SCHEMAS[1]
    data = int(PUBLISHED[:61], 2)
    assert agreement(int(PUBLISHED, 2), data, schema) == 61
    assert agreement(int(PUBLISHED, 2) ^ 1 << 99 ^ 1 << 39, data, schema) == 59
    assert agreement(int(PUBLISHED, 2) ^ 1 << 38, data, schema) == 61  # parity
    assert agreement(int(PUBLISHED, 2), data ^ ((1 << 61) - 1), schema) == 0


def test_agreement_by_chance_is_a_binomial_tail() -> None:
    from math import comb

    schema = SCHEMAS[1]
    for agreeing in (0, 30, 50, 61):
        exact = sum(comb(61, count) for count in range(agreeing, 62)) / 2**61
        assert agreement_fpr(agreeing, schema, 1) == pytest.approx(exact, rel=1e-9)
        assert agreement_fpr(agreeing, schema, 10) == pytest.approx(min(1, 10 * exact), rel=1e-9)
