"""The detector: which finding decides, what the detail tells, what is skipped, what fails."""

import json
from collections.abc import Callable

import pytest
from mutagen import id3

from lowbackground.detectors.conformance import check_detector
from lowbackground.detectors.declared_metadata import REASONS, declared_metadata
from lowbackground.detectors.evidence import Evidence, Kind, Signal, Strength
from lowbackground.detectors.metadata_rules import parse_table, rule_table
from tests.assets import tiny
from tests.factories import records
from tests.metadata_files import (
    DC,
    DST,
    IPTC_EXT,
    PLUS,
    SOFTWARE,
    TDM,
    USER_COMMENT,
    XMP,
    by_exiv2,
    camera,
    jpeg,
    mp3,
    pdf,
    png,
    png_xmp,
    sound,
    stealth,
    user_comment,
    xmp,
)

INFOTEXT = "a boat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1"
CC = "http://creativecommons.org/ns#"
DMI = "http://ns.useplus.org/ldf/vocab/"


def observe(data: bytes | None, media_type: str | None = None, **options: bool) -> Evidence:
    return declared_metadata(**options)(records([{"raw": data, "media_type": media_type}])).evidence[0]


def facts(evidence: Evidence) -> dict[str, object]:
    return json.loads(evidence.detail or "{}")  # type: ignore[no-any-return]


def test_the_contract_holds() -> None:
    check_detector(declared_metadata())
    rows = [{"raw": png({"parameters": INFOTEXT})}, {"raw": camera()}, {"raw": pdf({"AIGC": "{}"})}, {"raw": b""}]
    check_detector(declared_metadata(content=True), [records(rows)])


def test_every_reason_of_the_table_is_documented_and_every_documented_one_is_used() -> None:
    used = {rule.reason for rule in rule_table().rules}
    others = {f"metadata.{name}" for name in ("none", "not-media", "container-unread", "over-limit", "failed")}
    assert used | others == set(REASONS)


def test_every_rule_says_where_it_comes_from_and_no_name_is_twice() -> None:
    rules = rule_table().rules
    assert all(len(rule.source) > 10 and rule.tool for rule in rules)
    assert len({rule.name for rule in rules}) == len(rules)
    assert all((rule.strength is None) == (rule.signal is Signal.SILENT) for rule in rules)


def test_near_certain_marks_beat_the_camera_whose_exif_was_copied() -> None:
    import io

    import piexif

    block = piexif.load(camera())
    block["Exif"][USER_COMMENT] = user_comment(INFOTEXT)
    out = io.BytesIO()
    piexif.insert(piexif.dump(block), tiny("image/jpeg"), out)
    answer = observe(out.getvalue())
    assert (answer.signal, answer.strength, answer.kind) == (Signal.SYNTHETIC, Strength.NEAR_CERTAIN, Kind.GENERATED)
    assert any(str(other).startswith("camera ") for other in facts(answer)["others"])  # type: ignore[union-attr]


def test_an_edit_beats_the_camera_and_a_capture_claim() -> None:
    packet = xmp(IPTC_EXT, {"DigitalSourceType": f"{DST}compositeWithTrainedAlgorithmicMedia"})
    answer = observe(jpeg(xmp=packet, exif={SOFTWARE: "Phone"}))
    assert (answer.signal, answer.strength, answer.kind) == (Signal.MIXED, Strength.NEAR_CERTAIN, Kind.EDITED)


def test_a_generator_beats_an_edit_of_the_same_strength() -> None:
    data = by_exiv2(
        "image/jpeg",
        xmp_={"Xmp.photoshop.Credit": "Edited with Google AI"},
        exif={"Exif.Image.Software": "AI generated;txt2img;flux"},
    )
    assert observe(data).signal is Signal.SYNTHETIC


def test_a_camera_is_a_weak_hint_with_its_score() -> None:
    answer = observe(camera())
    assert (answer.signal, answer.strength, answer.kind, answer.score) == (
        Signal.HUMAN,
        Strength.WEAK,
        Kind.CAPTURED,
        8.0,
    )
    assert observe(camera(note=None)).score == 7.0
    assert observe(camera(note=None, iso=None, thumbnail=None)).reason == "metadata.none"


@pytest.mark.parametrize(
    "changes, score",
    [
        ({"make": "Nobody"}, 6.0),
        ({"exposure": (1, 0)}, 7.0),
        ({"aperture": (0, 1)}, 7.0),
        ({"taken": "2021:13:40 10:00:00"}, 7.0),
        ({"changed": "2020:01:01 00:00:00"}, 7.0),
        ({"note": b"Canon" + bytes(20)}, 7.0),
    ],
)
def test_each_fact_that_contradicts_costs_a_point(changes: dict[str, object], score: float) -> None:
    assert observe(camera(**changes)).score == score


def test_procedural_and_open_types_are_silent_and_say_so() -> None:
    made = {
        term: observe(jpeg(xmp=xmp(IPTC_EXT, {"DigitalSourceType": DST + term})))
        for term in ("dataDrivenMedia", "composite")
    }
    assert (made["dataDrivenMedia"].signal, made["dataDrivenMedia"].kind) == (Signal.SILENT, Kind.PROCEDURAL)
    assert (made["composite"].signal, made["composite"].reason) == (Signal.SILENT, "metadata.source-type-open")


@pytest.mark.parametrize(
    "uri, values, expected",
    [
        (PLUS, {"DataMining": f"{DMI}DMI-PROHIBITED"}, "plus:DataMining=DMI-PROHIBITED"),
        (PLUS, {"DataMining": "DMI-PROHIBITED-AIMLTRAINING"}, "plus:DataMining=DMI-PROHIBITED-AIMLTRAINING"),
        (PLUS, {"DataMining": f"{DMI}DMI-ALLOWED"}, None),
        (PLUS, {"DataMining": f"{DMI}DMI-UNSPECIFIED"}, None),
        (TDM, {"reservation": "1", "policy": "https://example.org/p.json"}, "tdm:reservation=1"),
        (TDM, {"reservation": "0"}, None),
        (PLUS, {"DataMining": "DMI-FORBIDDEN"}, "plus:DataMining=unreadable"),
        (PLUS, {"DataMining": f"{DMI}DMI-PROHIBITED and more"}, "plus:DataMining=unreadable"),
        (TDM, {"reservation": "yes"}, "tdm:reservation=unreadable"),
        (XMP, {"DataMining": "DMI-PROHIBITED"}, None),
    ],
)
def test_opt_outs_are_told_whatever_the_file_is(uri: str, values: dict[str, str], expected: str | None) -> None:
    for data in (jpeg(xmp=xmp(uri, values, prefix="zz")), png_xmp(xmp(uri, values)), pdf(packet=xmp(uri, values))):
        answer = observe(data)
        assert (answer.signal, answer.opt_out) == (Signal.SILENT, (expected,) if expected else ())


@pytest.mark.parametrize(
    "uri, values, expected",
    [
        (PLUS, {"DataMining": f"{DMI}DMI-PROHIBITED"}, "plus:DataMining=unreadable"),
        (TDM, {"reservation": "1"}, "tdm:reservation=unreadable"),
        (DC, {"subject": "data mining, DataMiningWorld"}, None),
    ],
)
@pytest.mark.parametrize("damage", ["cut", "unescaped"])
def test_an_opt_out_in_a_broken_packet_counts_as_unreadable(
    uri: str, values: dict[str, str], expected: str | None, damage: str
) -> None:
    packet = xmp(uri, values, prefix="plus" if uri == PLUS else "tdm")
    value = next(iter(values.values())).encode()
    if damage == "cut":
        packet = packet[: packet.rindex(value) + len(value) // 2]
    else:
        packet = packet.replace(b"<rdf:Description", b"<rdf:Description & ")
    for data in (jpeg(xmp=packet), png_xmp(packet)):
        assert observe(data).opt_out == ((expected,) if expected else ())


def test_opt_outs_are_located() -> None:
    data = jpeg(xmp=xmp(PLUS, {"DataMining": f"{DMI}DMI-PROHIBITED"}))
    told = facts(observe(data))
    at = data.index(b"http://ns.adobe.com/xap") - 4
    assert told["opt_outs"] == [f"plus:DataMining=DMI-PROHIBITED at {at}, JPEG APP1 XMP"]


BY = "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda: jpeg(xmp=xmp(CC, {"license": BY})), ["CC-BY-4.0"]),
        (lambda: pdf(packet=xmp(CC, {"license": "https://example.org/terms"})), ["https://example.org/terms"]),
        (lambda: jpeg(xmp=xmp(f"{XMP}rights/", {"WebStatement": BY})), ["CC-BY-4.0"]),
        (lambda: jpeg(xmp=xmp(f"{XMP}rights/", {"WebStatement": "https://example.org/me"})), None),
        (lambda: jpeg(exif={0x8298: f"A. Person, licensed under {BY}"}), ["CC-BY-4.0"]),
        (lambda: jpeg(exif={0x8298: "A. Person, by, all rights reserved"}), None),
        (lambda: png({"Copyright": "http://creativecommons.org/publicdomain/zero/1.0/"}), ["CC0-1.0"]),
        (lambda: sound("ogg", {"license": BY}, "libopus"), ["CC-BY-4.0"]),
        (lambda: mp3(id3.WCOP(url=BY)), ["CC-BY-4.0"]),
        (lambda: png({"Comment": BY}), None),
    ],
)
def test_the_licence_that_a_file_names_is_told(make: Callable[[], bytes], expected: list[str] | None) -> None:
    findings = declared_metadata()(records([{"raw": make()}, {"raw": None}]))
    assert findings.columns["prov_licence"].to_pylist() == [expected, None]


def test_licences_are_located_whatever_else_a_file_says() -> None:
    data = jpeg(xmp=xmp(CC, {"license": BY}))
    at = data.index(b"http://ns.adobe.com/xap") - 4
    assert facts(observe(data)) == {"container": "jpeg", "licences": [f"CC-BY-4.0 at {at}, JPEG APP1 XMP"]}
    marked = png({"Copyright": BY, "parameters": "none"})
    assert facts(observe(marked))["licences"][0].endswith("PNG tEXt Copyright")


def test_an_opt_out_stands_beside_a_finding() -> None:
    data = by_exiv2(
        "image/png", xmp_={"Xmp.plus.DataMining": f"{DMI}DMI-PROHIBITED", "Xmp.photoshop.Credit": "Made with Google AI"}
    )
    answer = observe(data)
    assert (answer.signal, answer.opt_out) == (Signal.SYNTHETIC, ("plus:DataMining=DMI-PROHIBITED",))


def test_the_detail_names_rule_container_and_place_and_no_content() -> None:
    data = png({"parameters": INFOTEXT})
    answer = observe(data)
    told = facts(answer)
    assert told["rule"] == "stable-diffusion-parameters"
    assert (told["container"], told["place"], told["table"]) == ("png", "PNG tEXt parameters", rule_table().version)
    assert data[int(str(told["offset"])) + 4 :].startswith(b"tEXtparameters")
    assert "boat" not in (answer.detail or "")


def test_content_is_told_only_when_asked_for() -> None:
    assert facts(observe(png({"parameters": INFOTEXT}), content=True))["value"] == INFOTEXT


def test_pixels_are_looked_at_unless_that_is_switched_off() -> None:
    assert observe(stealth(INFOTEXT)).reason == "metadata.hidden-payload"
    assert observe(stealth(INFOTEXT), hidden_payloads=False).reason == "metadata.none"


@pytest.mark.parametrize("media_type", ["text/html", "text/plain", "application/json"])
def test_texts_are_skipped(media_type: str) -> None:
    assert observe(b"<html>Steps: 20, Sampler: Euler a", media_type).signal is Signal.SKIPPED


@pytest.mark.parametrize("data", [b"", b"PK\3\4 and so on", b"words"])
def test_containers_that_no_walk_reads_are_skipped(data: bytes) -> None:
    assert (observe(data).signal, observe(data).reason) == (Signal.SKIPPED, "metadata.container-unread")


def test_a_record_without_bytes_is_skipped() -> None:
    assert observe(None).signal is Signal.SKIPPED


def test_a_damaged_file_without_marks_is_silent() -> None:
    assert observe(tiny("image/jpeg")[:60]).signal is Signal.SILENT


def test_too_much_metadata_fails_unless_a_mark_was_found_before() -> None:
    flood = {f"k{index}": "v" for index in range(6000)}
    assert (observe(png(flood)).signal, observe(png(flood)).reason) == (Signal.FAILED, "metadata.over-limit")
    assert observe(png({"parameters": INFOTEXT} | flood)).signal is Signal.SYNTHETIC


@pytest.mark.parametrize(
    "condition, complaint",
    [
        ({"fields": "nothing", "present": True}, "no field list"),
        ({"fields": ["xmp:nothing:a"], "present": True}, "no namespace"),
        ({"fields": ["png:a"], "resembles": "b"}, "needs one match"),
        ({"fields": ["png:a"], "present": True, "equals": ["b"]}, "needs one match"),
    ],
)
def test_a_table_that_asks_for_what_does_not_exist_is_refused(condition: dict[str, object], complaint: str) -> None:
    row = {
        "name": "r",
        "reason": "metadata.generator",
        "tool": "t",
        "where": [condition],
        "signal": "human",
        "source": "s",
    }
    with pytest.raises(ValueError, match=complaint):
        parse_table({"version": 1, "namespaces": {}, "field_lists": {}, "rules": [row], "opt_outs": [], "licences": []})
