"""Every file of the real C2PA data, and what is found in it at 2026-11-20 with every published list installed.

`content_credentials.tsv` has a row a file. It was held by eye against the outcomes that were measured with c2pa-rs
beforehand; where they differ, the reader's summary is coarser than the facts:

- `cards_expired_with_untrusted_timestamp.jpg`: the reader calls the time-stamp of a version 1 claim trusted, whoever
  made it. Certum stands on no list here, so nothing shows that the expired certificate was valid when it signed.
- `adobe-20220124-E-uri-CIE-sig-CA.jpg`: the reader calls the whole file invalid. Picture and active manifest are as
  they were signed; it is an ingredient that was changed, and nothing is concluded from that one.
- `truepic-20230212-*.jpg`: hash and signature match and the signer is trusted. The reader has refused the placement
  of their exclusion since 0.91: a legacy binding.
- Bare `.c2pa` files: the reader calls them invalid, since there is no content to match. They are unchecked.
- `adobe_connected_identities.jpg`, `ims_multiple_manifests.jpg` and the identity negatives: identity assertions say who
  claims authorship, and nothing about the medium, so their failures do not count.
- `tiff_poc.tiff`, `nested_moov_1000.mp4`: the reader cannot parse them; the walk shows that they hold no manifest.
- `dashinit.mp4`: the first part of a film whose other parts lie elsewhere is modified, as far as anyone can tell.
"""

import io
import mimetypes
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from lowbackground.detectors.content_credentials import content_credentials
from lowbackground.detectors.contract import RunFacts
from lowbackground.manifests.c2pa import Outcome, validator
from lowbackground.manifests.precheck import READER_FORMAT, precheck
from lowbackground.manifests.sniff import sniff
from lowbackground.manifests.trust import Tier, Trust, load_trust
from lowbackground.manifests.trust_import import import_list
from lowbackground.manifests.verify import Verifier
from tests.factories import AS_OF, records

pytestmark = pytest.mark.real

TABLE = Path(__file__).with_name("content_credentials.tsv")
HEADINGS = ["path", "status", "integrity", "trust", "tier", "claim", "opt_out", "reason"]
PUBLISHED = [
    ("c2pa", "C2PA-TRUST-LIST.json", Tier.C2PA),
    ("c2pa-before", "c2pa_trust_list.pem", Tier.C2PA),
    ("c2pa-tsa", "C2PA-TSA-TRUST-LIST.json", Tier.C2PA),
    ("interim-anchors", "itl-anchors.pem", Tier.INTERIM),
    ("interim-allowed", "itl-allowed.pem", Tier.INTERIM),
    ("interim-eku", "store.cfg", Tier.INTERIM),
]


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Path:
    folder = tmp_path_factory.mktemp("trust")
    for name, file, tier in PUBLISHED:
        content = (shared / "trust" / file).read_bytes()
        import_list(folder, content, name=name, source=file, today=date(2026, 11, 20), tier=tier)
    return folder


def files(shared: Path) -> Iterator[tuple[str, bytes, str | None]]:
    root = shared / "c2pa"
    for path in sorted(root.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            yield path.relative_to(root).as_posix(), data, sniff(data, mimetypes.guess_type(path.name)[0])


def rows(shared: Path, lists: Path) -> Iterator[list[str]]:
    detector = content_credentials(run=RunFacts(AS_OF, lists), exhibits=False)
    for path, data, media_type in files(shared):
        answer = detector(records([{"raw": data, "media_type": media_type}]))
        (evidence,) = answer.evidence
        found: dict[str, Any] = answer.columns["prov_c2pa"][0].as_py() or {}
        facts = [str(found.get(name) or "-") for name in ("status", "integrity", "trust", "trust_tier", "claim")]
        yield [path, *facts, ",".join(evidence.opt_out) or "-", evidence.reason]


def test_every_file_is_found_to_be_what_it_is(shared: Path, lists: Path, update_golden: bool) -> None:
    found = [HEADINGS, *rows(shared, lists)]
    if update_golden:
        TABLE.write_text("".join("\t".join(row) + "\n" for row in found), "utf-8")
    expected = [line.split("\t") for line in TABLE.read_text("utf-8").splitlines()]
    wrong = [(one, other) for one, other in zip(found, expected, strict=False) if one != other]
    assert wrong == []
    assert len(found) == len(expected)


def test_a_later_as_of_only_makes_signers_stale(shared: Path, lists: Path) -> None:
    """The same file gives the same answer for the same instant; a later one can only end certificates."""
    now = Verifier(validator(load_trust(lists)), AS_OF)
    later = Verifier(validator(load_trust(lists)), datetime(2099, 1, 1, tzinfo=UTC))
    for path, data, media_type in files(shared):
        presence = precheck(data, media_type)
        one, other = (each.asset(data, media_type, presence, None) for each in (now, later))
        if one is None or other is None:
            assert one is other
            continue
        assert (path, one.credential.integrity, one.credential.claim) == (
            path,
            other.credential.integrity,
            other.credential.claim,
        )
        assert other.credential.trust in {one.credential.trust, "stale"}


def test_the_reader_agrees_on_who_vouches(shared: Path, lists: Path) -> None:
    """Whoever is trusted is trusted by the reader with that one list alone; whoever it trusts is at least known here."""
    trust = load_trust(lists)
    verifier = Verifier(validator(trust), AS_OF)
    seen = 0
    for path, data, media_type in files(shared):
        presence = precheck(data, media_type)
        found = verifier.asset(data, media_type, presence, None)
        if found is None or not found.crjson:
            continue
        said = {one["code"] for one in found.crjson["manifests"][0]["validationResults"]["success"]}
        trusted = found.credential.trust == "trusted"
        assert trusted <= ("signingCredential.trusted" in said), path
        if not trusted:
            assert "signingCredential.trusted" not in said or found.credential.trust == "stale", path
            continue
        voucher = next(one for one in trust.vouchers if one.title == found.credential.trust_list)
        alone = validator(Trust((voucher,), trust.time_stampers - voucher.anchors, trust.usages))
        reading = alone.read(data, READER_FORMAT.get(presence.container or "", ""))
        assert reading.outcome is Outcome.READ
        codes = {one["code"] for one in reading.crjson["manifests"][0]["validationResults"]["success"]}
        assert "signingCredential.trusted" in codes, path
        seen += 1
    assert seen == 9


def test_dates_of_signers_do_not_follow_the_clock(shared: Path, lists: Path) -> None:
    """A leaf that ended in 2025 and was stamped in time by a known authority is trusted; without the stamp it is not."""
    data = (shared / "c2pa/expiry-matrix/media/DALL-E_cloud_surfing_puppy.webp").read_bytes()
    presence = precheck(data, "image/webp")
    trust = load_trust(lists)
    unstamped = Trust(trust.vouchers, frozenset(), trust.usages)
    for lists_known, expected in ((trust, "trusted"), (unstamped, "stale")):
        found = Verifier(validator(lists_known), AS_OF).asset(data, "image/webp", presence, None)
        assert found is not None
        assert found.credential.trust == expected


def test_bundled_lists_know_none_of_the_old_signers(shared: Path) -> None:
    data = (shared / "c2pa/expiry-matrix/media/DALL-E_cloud_surfing_puppy.webp").read_bytes()
    found = Verifier(validator(Trust()), AS_OF).asset(data, "image/webp", precheck(data, "image/webp"), None)
    assert found is not None
    assert (found.credential.grade, found.credential.claim) == ("intact/stale", "synthetic")


def test_a_picture_saved_again_has_lost_its_manifest(shared: Path) -> None:
    from PIL import Image

    out = io.BytesIO()
    path = shared / "c2pa/expiry-matrix/media/DALL-E_cloud_surfing_puppy.webp"
    Image.open(path).save(out, "WEBP")
    assert not precheck(out.getvalue(), "image/webp").possible
