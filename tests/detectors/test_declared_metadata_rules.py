"""Every rule of the table fires on what its tool writes, and not on what merely looks like it."""

import json

import pytest

from lowbackground.detectors.declared_metadata import declared_metadata
from lowbackground.detectors.metadata_rules import rule_table
from tests.assets import tiny
from tests.detectors.metadata_label_samples import Make, source
from tests.detectors.metadata_samples import SAMPLES
from tests.factories import records
from tests.metadata_files import DST

DETECTOR = declared_metadata()
SIGNED_ELSEWHERE = {"novelai-signed"}  # tests/detectors/test_novelai_signature.py, for it needs a key


def fired(data: bytes) -> list[str]:
    """The names of the rules that a file fulfils."""
    answer = DETECTOR(records([{"raw": data}])).evidence[0]
    assert answer.reason not in {"metadata.failed", "metadata.container-unread"}, answer
    facts = json.loads(answer.detail or "{}")
    return [facts["rule"], *(other.partition(" ")[0] for other in facts.get("others", []))] if facts else []


def test_every_registered_source_type_has_a_rule() -> None:
    from importlib.resources import files

    import yaml

    facts = yaml.safe_load(files("lowbackground.manifests").joinpath("source_types.yaml").read_text("utf-8"))
    terms = {term for listed in facts["classes"].values() for term in listed}
    assert len(terms) >= 22  # IPTC's 20 of 2024-10 and C2PA's two
    for term in terms:
        space = "http://c2pa.org/digitalsourcetype/" if term in {"empty", "trainedAlgorithmicData"} else DST
        assert [name for name in fired(source(space + term)()) if name.startswith("source-type")], term


def cases(kind: int) -> list[object]:
    return [
        pytest.param(rule, make, id=f"{rule}-{index}")
        for rule, made in SAMPLES.items()
        for index, make in enumerate(made[kind])
    ]


def test_every_rule_has_samples_of_both_kinds() -> None:
    assert {rule.name for rule in rule_table().rules} == SAMPLES.keys() | SIGNED_ELSEWHERE
    assert all(positives and near_misses for positives, near_misses in SAMPLES.values())


@pytest.mark.parametrize("rule, make", cases(0))
def test_a_rule_fires_on_what_its_tool_writes(rule: str, make: Make) -> None:
    assert rule in fired(make())


@pytest.mark.parametrize("rule, make", cases(1))
def test_a_rule_is_silent_on_what_only_looks_like_it(rule: str, make: Make) -> None:
    assert rule not in fired(make())


@pytest.mark.parametrize(
    "media_type",
    [
        "image/jpeg",
        "image/png",
        "image/webp",
        "image/avif",
        "image/heic",
        "image/tiff",
        "image/gif",
        "image/jxl",
        "image/svg+xml",
        "video/mp4",
        "video/quicktime",
        "video/x-msvideo",
        "audio/mp4",
        "audio/mpeg",
        "audio/flac",
        "audio/wav",
        "application/pdf",
    ],
)
def test_a_plain_file_fulfils_no_rule(media_type: str) -> None:
    assert fired(tiny(media_type)) == []
