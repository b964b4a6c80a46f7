"""Whatever c2pa-rs can read, the walk calls possible: seeded damage to signed files of every format."""

import io
from random import Random

import pytest

from lowbackground.manifests.precheck import READER_FORMAT, precheck, refusal
from lowbackground.manifests.sniff import sniff
from tests.assets import MAKERS, tiny
from tests.mutations import mutant
from tests.signing import Ingredient, manifest, signed_tiny

MUTANTS = 50  # of each kind in the normal run, 3,500 in all
LINK = "https://example.invalid/a.c2pa"
PARENT = "xmp:iid:parent"


def read(data: bytes, format_: str) -> str | None:
    """`manifest` or `remote` where c2pa-rs finds one, null where it finds none or cannot read the file."""
    from c2pa import C2paError, Context, Reader

    settings = {"verify": {"verify_after_reading": False, "remote_manifest_fetch": False}}
    with Context.from_dict(settings) as context:
        try:
            with Reader(format_, io.BytesIO(data), context=context):
                return "manifest"
        except C2paError as error:
            return "remote" if str(error).startswith("Remote") else None


def seeds(media_type: str) -> dict[str, bytes]:
    """Files of this type with a manifest, with two, with a link, with both."""
    parent = Ingredient(signed_tiny(media_type), media_type, PARENT)
    made = {
        "signed": signed_tiny(media_type),
        "edited": signed_tiny(media_type, manifest(), ingredients=(parent,)),
    }
    if media_type != "application/epub+zip":  # c2pa-rs writes no XMP there
        made["linked"] = signed_tiny(media_type, remote_url=LINK, embed=False)
        made["both"] = signed_tiny(media_type, remote_url=LINK)
    return made


def assert_nothing_missed(data: bytes, media_type: str, origin: str) -> str | None:
    seen = None
    for hint in {media_type, sniff(data, media_type) or media_type}:
        found = precheck(data, hint)
        seen = read(data, READER_FORMAT.get(found.container or "", hint))
        missed = (seen == "manifest" and found.manifest == "absent") or (seen == "remote" and found.remote == "absent")
        assert not missed, f"{origin}: c2pa-rs reads a {seen} as {hint}, the walk says {found}"
        refusal(data, found)
    return seen


def hunt(media_type: str, number: int) -> None:
    readable = 0
    for kind, seed in seeds(media_type).items():
        places = [0, len(seed), *(edge for span in precheck(seed, media_type).spans for edge in span)]
        random = Random(f"{media_type} {kind}")
        for index in range(number):
            data = mutant(seed, places, random)
            readable += assert_nothing_missed(data, media_type, f"{media_type} {kind} {index}") is not None
    assert readable > number // 20, "the damage leaves too little that c2pa-rs can read to say anything"


@pytest.mark.parametrize("media_type", MAKERS)
def test_whatever_c2pa_rs_reads_is_possible(media_type: str) -> None:
    hunt(media_type, MUTANTS)


@pytest.mark.soak
@pytest.mark.parametrize("media_type", MAKERS)
def test_whatever_c2pa_rs_reads_is_possible_at_length(media_type: str) -> None:
    hunt(media_type, 100 * MUTANTS)


@pytest.mark.parametrize("wrapped", MAKERS)
@pytest.mark.parametrize("media_type", ["image/jpeg", "image/svg+xml", "application/zip", "video/mp4", "text/html"])
def test_no_wrong_hint_hides_a_manifest(wrapped: str, media_type: str) -> None:
    assert_nothing_missed(signed_tiny(wrapped), media_type, f"{wrapped} as {media_type}")
    assert_nothing_missed(b"\n" + signed_tiny(wrapped), media_type, f"{wrapped} as {media_type}")
    assert_nothing_missed(tiny(wrapped), media_type, f"unsigned {wrapped} as {media_type}")
