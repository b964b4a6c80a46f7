"""Following a chain to an anchor, at one instant, over authorities that the tests make."""

from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lowbackground.manifests.certificates import (
    EMAIL_PROTECTION,
    SIGNING_USAGES,
    Certificate,
    certificate,
    from_pem,
    leads_to,
    may_sign,
    to_pem,
)

START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 20, tzinfo=UTC)


class Maker:
    """A certificate and its key; `issue` makes one below it."""

    def __init__(self, name: str, key: Any = None, **options: Any) -> None:
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.name = name
        self.certificate = self._make(self.key.public_key(), name, **{"ca": True, **options})

    def issue(self, name: str, key: Any = None, **options: Any) -> "Maker":
        child = Maker.__new__(Maker)
        child.key = key or ec.generate_private_key(ec.SECP256R1())
        child.name = name
        child.certificate = self._make(child.key.public_key(), name, **options)
        return child

    def _make(
        self,
        public_key: Any,
        name: str,
        *,
        ca: bool = False,
        path_length: int | None = None,
        start: datetime = START,
        end: datetime = END,
        usages: list[x509.ObjectIdentifier] | None = None,
        certifies: bool | None = None,
        name_type: Any = None,
    ) -> Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name, name_type))
            .issuer_name(named(self.name))
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
        )
        if usages is None and not ca:
            usages = [ExtendedKeyUsageOID.EMAIL_PROTECTION]
        if usages is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if certifies is not None:
            flags = dict.fromkeys(
                [
                    "digital_signature",
                    "content_commitment",
                    "key_encipherment",
                    "data_encipherment",
                    "key_agreement",
                    "crl_sign",
                    "encipher_only",
                    "decipher_only",
                ],
                False,
            )
            builder = builder.add_extension(x509.KeyUsage(key_cert_sign=certifies, **flags), critical=True)
        digest = None if isinstance(self.key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
        return Certificate(builder.sign(self.key, digest).public_bytes(Encoding.DER))


def named(name: str, type_: Any = None) -> x509.Name:
    common = x509.NameAttribute(NameOID.COMMON_NAME, name, **({"_type": type_} if type_ else {}))
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tests"), common])


ROOT = Maker("Root")
MIDDLE = ROOT.issue("Middle", ca=True)
LEAF = MIDDLE.issue("Leaf")
ANCHORS = frozenset({ROOT.certificate})


def chain(*makers: Maker) -> list[Certificate]:
    return [maker.certificate for maker in makers]


def test_a_chain_leads_to_its_root() -> None:
    assert leads_to(chain(LEAF, MIDDLE), ANCHORS, NOW)
    assert leads_to(chain(LEAF, MIDDLE, ROOT), ANCHORS, NOW)
    assert leads_to(chain(LEAF, ROOT, MIDDLE), ANCHORS, NOW)


def test_an_anchor_may_stand_anywhere_on_the_way() -> None:
    assert leads_to(chain(LEAF), frozenset({MIDDLE.certificate}), NOW)
    assert leads_to(chain(LEAF), frozenset({LEAF.certificate}), NOW)


def test_a_missing_link_leads_nowhere() -> None:
    assert not leads_to(chain(LEAF), ANCHORS, NOW)
    assert not leads_to(chain(LEAF, MIDDLE), frozenset({Maker("Other").certificate}), NOW)
    assert not leads_to([], ANCHORS, NOW)
    assert not leads_to(chain(LEAF, MIDDLE), frozenset(), NOW)


def test_a_name_is_not_enough() -> None:
    impostor = Maker("Root").issue("Middle", ca=True)
    assert not leads_to(chain(impostor.issue("Leaf"), impostor), ANCHORS, NOW)


def test_signers_cannot_issue() -> None:
    assert not leads_to(chain(LEAF.issue("Below"), LEAF, MIDDLE), ANCHORS, NOW)
    idle = ROOT.issue("Idle", ca=True, certifies=False)
    assert not leads_to(chain(idle.issue("Leaf"), idle), ANCHORS, NOW)
    busy = ROOT.issue("Busy", ca=True, certifies=True)
    assert leads_to(chain(busy.issue("Leaf"), busy), ANCHORS, NOW)


def test_the_length_of_a_path_is_limited() -> None:
    short = ROOT.issue("Short", ca=True, path_length=0)
    below = short.issue("Below", ca=True)
    assert leads_to(chain(short.issue("Leaf"), short), ANCHORS, NOW)
    assert not leads_to(chain(below.issue("Leaf"), below, short), ANCHORS, NOW)


@pytest.mark.parametrize("at", [START, NOW, END])
def test_every_certificate_below_the_anchor_is_valid_at_the_instant(at: datetime) -> None:
    assert leads_to(chain(LEAF, MIDDLE), ANCHORS, at)


def test_an_expired_link_breaks_the_chain_and_an_expired_anchor_does_not() -> None:
    past = datetime(2025, 1, 1, tzinfo=UTC)
    old = ROOT.issue("Old", ca=True, end=past)
    assert not leads_to(chain(old.issue("Leaf"), old), ANCHORS, NOW)
    assert not leads_to(chain(ROOT.issue("Leaf", end=past)), ANCHORS, NOW)
    assert not leads_to(chain(LEAF, MIDDLE), ANCHORS, datetime(2023, 1, 1, tzinfo=UTC))
    expired = Maker("Expired", end=past)
    assert leads_to(chain(expired.issue("Leaf")), frozenset({expired.certificate}), NOW)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ],
    ids=["P-384", "Ed25519", "RSA"],
)
def test_signatures_of_every_kind_of_key_are_checked(key: Any) -> None:
    root = Maker("Keyed", key)
    leaf = root.issue("Leaf")
    assert leads_to(chain(leaf), frozenset({root.certificate}), NOW)
    assert not leads_to(chain(leaf), frozenset({Maker("Keyed").certificate}), NOW)


def test_a_maze_of_authorities_ends() -> None:
    """Twelve authorities of one name that all issued each other: every one is visited once."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(12)]
    makers = [Maker("Maze", key) for key in keys]
    cross = [makers[index].issue("Maze", keys[(index + 1) % 12], ca=True) for index in range(12)]
    assert not leads_to(chain(makers[0].issue("Leaf"), *cross), ANCHORS, NOW)


def test_usages_decide_who_may_sign() -> None:
    assert may_sign(LEAF.certificate, SIGNING_USAGES)
    assert not may_sign(LEAF.certificate, frozenset({"1.2.3.4"}))
    assert not may_sign(MIDDLE.certificate, SIGNING_USAGES)
    anything = ROOT.issue("Any", usages=[ExtendedKeyUsageOID.EMAIL_PROTECTION, x509.ObjectIdentifier("2.5.29.37.0")])
    assert not may_sign(anything.certificate, SIGNING_USAGES)


def test_what_is_read_agrees_with_cryptography() -> None:
    for maker in (ROOT, MIDDLE, LEAF, ROOT.issue("Short", ca=True, path_length=3)):
        found, theirs = maker.certificate, maker.certificate.parsed
        assert found.names == (theirs.issuer.public_bytes(), theirs.subject.public_bytes())
        constraints = theirs.extensions.get_extension_for_class(x509.BasicConstraints).value
        assert (found.is_authority, found.path_length) == (constraints.ca, constraints.path_length)
    assert LEAF.certificate.usages == {EMAIL_PROTECTION}
    assert (LEAF.certificate.organisation, LEAF.certificate.common_name) == ("Tests", "Leaf")
    assert LEAF.certificate.issuer == "Tests / Middle"


@pytest.mark.parametrize("name_type", [_ASN1Type.UTF8String, _ASN1Type.BMPString])
def test_names_of_every_encoding_are_read(name_type: Any) -> None:
    assert ROOT.issue("Łódź 木", name_type=name_type).certificate.common_name == "Łódź 木"


def test_a_name_that_cryptography_refuses_is_read_all_the_same() -> None:
    """DigiCert's responders for Adobe have an underscore in a PrintableString, which X.680 forbids."""
    good = ROOT.issue("Responder-1", name_type=_ASN1Type.PrintableString)
    bad = good.certificate.der.replace(b"Responder-1", b"Responder_1")
    with pytest.raises(ValueError, match="PrintableString"):
        x509.load_der_x509_certificate(bad)
    found = certificate(bad)
    assert found is not None
    assert found.common_name == "Responder_1"
    assert not leads_to([found], ANCHORS, NOW)  # its signature covered the name as it was


def test_rubbish_is_no_certificate() -> None:
    for rubbish in (b"", b"\x30\x03\x02\x01\x01", LEAF.certificate.der[:200], b"\x30\x84\xff\xff\xff\xff"):
        assert certificate(rubbish) is None
    odd = LEAF.certificate.der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x42")  # version 67
    assert certificate(odd) is None


def test_a_bundle_is_read_around_what_stands_between() -> None:
    text = b"# O=Tests\n" + to_pem([ROOT.certificate]) + b"Subject\tCN=x\r\n" + to_pem([LEAF.certificate])
    assert from_pem(text) == ([ROOT.certificate, LEAF.certificate], 0)


def test_broken_blocks_are_counted() -> None:
    broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nMII"
    assert from_pem(to_pem([ROOT.certificate]) + broken) == ([ROOT.certificate], 2)


@pytest.mark.real
def test_every_published_certificate_is_read_as_cryptography_reads_it(shared) -> None:
    seen = 0
    for path in sorted((shared / "trust").glob("*.pem")):
        found, broken = from_pem(path.read_bytes())
        assert broken == 0
        for one in found:
            extensions = one.parsed.extensions
            assert one.names == (one.parsed.issuer.public_bytes(), one.parsed.subject.public_bytes())
            assert set(one.extensions) == {extension.oid.dotted_string for extension in extensions}
            seen += 1
    assert seen == 178
