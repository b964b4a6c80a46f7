"""The manifests of one text or page, verified and held against it."""

from lowbackground.manifests.c2pa import validator
from lowbackground.manifests.credential import Claim, Integrity, Trust
from lowbackground.manifests.html_carriers import find_html_carriers
from lowbackground.manifests.text_carriers import find_carriers
from lowbackground.manifests.verify import Verifier
from lowbackground.manifests.verify_text import MAX_VERIFIED, Attached, verify_text
from tests.credentials import trusting
from tests.factories import AS_OF
from tests.text_signing import PROSE, disclosed_text, raw_wrapper, signed_block, signed_page, signed_text


def verified(text: str | bytes, *, truncated: bool = False) -> list[Attached]:
    data = text.encode() if isinstance(text, str) else text
    carriers = [*find_html_carriers(data), *find_carriers(data)]
    return verify_text(data, carriers, Verifier(validator(trusting()), AS_OF), truncated=truncated)


def test_a_text_is_judged_like_a_picture_and_its_binding_by_itself() -> None:
    [found] = verified(disclosed_text())
    credential = found.verified.credential
    assert (credential.integrity, credential.trust, credential.claim) == (
        Integrity.INTACT,
        Trust.TRUSTED,
        Claim.SYNTHETIC,
    )
    assert (credential.status, credential.codes, found.covered) == ("text", (), 1.0)
    assert credential.validator is not None
    assert credential.validator.startswith("c2pa-python")


def test_one_manifest_of_each_kind_is_no_fault() -> None:
    kinds = signed_page("<html><head></head><body>Hello</body></html>").decode() + signed_block() + signed_text()
    found = verified(kinds)
    assert [one.verified.credential.status for one in found] == ["html", "text", "text"]
    assert all(one.verified.credential.integrity is Integrity.MODIFIED for one in found)


def test_of_many_manifests_of_one_kind_a_few_are_verified() -> None:
    found = verified(disclosed_text() * 10)
    assert len(found) == MAX_VERIFIED
    assert {one.verified.credential.codes for one in found} == {("manifest.text.multipleWrappers",)}
    assert {one.verified.credential.integrity for one in found} == {Integrity.MALFORMED}


def test_of_unusable_carriers_one_is_reported_and_beside_a_usable_one_none() -> None:
    damaged = raw_wrapper(b"x", version=2)
    assert [one.verified.credential.status for one in verified(PROSE + damaged * 3)] == ["broken"]
    assert [one.verified.credential.status for one in verified(damaged + disclosed_text())] == ["text"]


def test_the_share_of_a_passage_decides_what_an_ai_statement_is_about() -> None:
    length = len(PROSE.encode())
    for others, integrity in ((length - 2, Integrity.INTACT), (length + 2, Integrity.MODIFIED)):
        [found] = verified("x" * others + disclosed_text())
        assert found.verified.credential.integrity is integrity


def test_what_is_cut_off_is_unchecked() -> None:
    [found] = verified(disclosed_text()[3:], truncated=True)
    assert (found.verified.credential.status, found.verified.credential.integrity) == (
        "truncated",
        Integrity.UNCHECKED,
    )
