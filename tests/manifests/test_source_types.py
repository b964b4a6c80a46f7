"""The tables of source types and actions, and how names are normalised."""

import pytest

from lowbackground.manifests.source_types import SourceClass, is_ai_agent, is_editorial, source_type

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
C2PA = "http://c2pa.org/digitalsourcetype/"

CLASSES = {
    "human_capture": (
        "digitalCapture computationalCapture multiFrameComputationalCapture compositeCapture negativeFilm positiveFilm print"
    ),
    "human_made": "digitalCreation digitalArt humanEdits minorHumanEdits",
    "synthetic": "trainedAlgorithmicMedia trainedAlgorithmicData",
    "mixed": "compositeSynthetic compositeWithTrainedAlgorithmicMedia",
    "procedural": "algorithmicMedia dataDrivenMedia softwareImage virtualRecording",
    "enhanced": "algorithmicallyEnhanced",
    "composition": "composite screenCapture",
    "blank": "empty",
}


@pytest.mark.parametrize(
    ("class_", "name"), [(class_, name) for class_, names in CLASSES.items() for name in names.split()]
)
def test_every_registered_type_has_its_class(class_: str, name: str) -> None:
    prefix = C2PA if name in {"empty", "trainedAlgorithmicData"} else IPTC
    assert source_type(prefix + name).class_ is SourceClass(class_)
    assert source_type(prefix + name).name == name


@pytest.mark.parametrize(
    "uri",
    [
        " http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture ",
        "https://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture/",
        "HTTP://CV.IPTC.ORG/newscodes/DigitalSourceType/DIGITALCAPTURE",
        "cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
        "http://c2pa.org/digitalsourcetype/digitalCapture",
    ],
)
def test_blanks_case_scheme_and_slash_do_not_matter(uri: str) -> None:
    assert source_type(uri).class_ is SourceClass.HUMAN_CAPTURE


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "digitalCapture",
        "trainedAlgorithmicMedia",
        "http://example.org/digitalsourcetype/digitalCapture",
        "http://cv.iptc.org.example.org/newscodes/digitalsourcetype/digitalCapture",
        "http://cv.iptc.org/newscodes/digitalsourcetype/somethingNew",
        "http://cv.iptc.org/newscodes/digitalsourcetype/",
        "x" * 100_000,
    ],
)
def test_other_vocabularies_and_bare_words_are_unrecognised(uri: str) -> None:
    assert source_type(uri).name == "unrecognised"
    assert source_type(uri).class_ is SourceClass.UNKNOWN


def test_names_from_before_the_vocabulary_are_known() -> None:
    assert source_type("c2pa.trainedAlgorithmicData").class_ is SourceClass.SYNTHETIC


def test_types_that_may_hide_generated_content_are_marked() -> None:
    marked = {name for names in CLASSES.values() for name in names.split() if source_type(IPTC + name).possibly_ai}
    assert marked == {"composite", "screenCapture", "digitalArt"}


def test_mechanical_actions_are_not_editorial() -> None:
    for name in ("converted", "published", "repackaged", "transcoded", "resized.proportional", "enhanced", "redacted"):
        assert not is_editorial(f"c2pa.{name}")
    for name in ("c2pa.edited", "c2pa.resized", "c2pa.placed", "c2pa.unknown", "com.example.dream"):
        assert is_editorial(name)


@pytest.mark.parametrize(
    "agent", ["Image Creator from Designer", "DALL·E", "DALL-E 3", "gpt-image 2.0", "Adobe Firefly", "FLUX.2 pro"]
)
def test_generators_are_known_by_name(agent: str) -> None:
    assert is_ai_agent(agent)


@pytest.mark.parametrize("agent", ["", "Adobe Photoshop", "Pandora", "Sorare 3", "Make Test Images", "reflux.exe"])
def test_other_software_is_not(agent: str) -> None:
    assert not is_ai_agent(agent)


@pytest.mark.real
def test_the_tables_agree_with_the_conformance_rubrics(shared) -> None:
    import yaml

    folder = shared / "c2pa" / "conformance" / "asset-rubrics" / "composables"
    actions = yaml.safe_load((folder / "globals-actions.yml").read_text("utf-8"))["variables"]
    assert not any(is_editorial(name) for name in actions["$non_editorial_actions"])
    signals = yaml.safe_load((folder / "globals-signals.yml").read_text("utf-8"))["variables"]
    for uri in signals["$genai_dst_types"]:
        assert source_type(uri).class_ in {SourceClass.SYNTHETIC, SourceClass.MIXED}
    for uri in signals["$possibly_genai_dst_types"]:
        assert source_type(uri).possibly_ai
