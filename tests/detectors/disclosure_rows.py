"""Rows that disclose, and what is said of them; for the tests of `disclosures`."""

from typing import Any

import orjson

from lowbackground.detectors.contract import Findings
from lowbackground.detectors.disclosures import disclosures
from lowbackground.detectors.evidence import Evidence, Kind, Signal, Strength
from tests.detectors.residue_samples import PROSE
from tests.factories import records

DETECTOR = disclosures()
IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
HUMAN_WEAK = (Signal.HUMAN, Strength.WEAK, None)
GENERATED = (Signal.SYNTHETIC, Strength.STRONG, Kind.GENERATED)
CERTAIN = (Signal.SYNTHETIC, Strength.NEAR_CERTAIN, Kind.GENERATED)
EDITED = (Signal.MIXED, Strength.STRONG, Kind.EDITED)
SILENT = (Signal.SILENT, None, None)


def findings(**row: Any) -> Findings:
    return DETECTOR(records([row]))


def said(**row: Any) -> Evidence:
    return findings(**row).evidence[0]


def meaning(evidence: Evidence) -> tuple[object, object, object]:
    return evidence.signal, evidence.strength, evidence.kind


def page(body: str = "", head: str = "") -> dict[str, Any]:
    raw = f"<!doctype html><html><head><title>A page</title>{head}</head><body>{body}<p>{PROSE}</p></body></html>"
    return {"raw": raw.encode(), "media_type": "text/html", "text": PROSE, "url": "https://example.org/a/b.html"}


def response(*headers: tuple[str, str]) -> dict[str, Any]:
    return {"headers": [{"name": name, "value": value} for name, value in headers], "text": PROSE}


def json_ld(data: Any) -> dict[str, Any]:
    return page(head=f'<script type="application/ld+json">{orjson.dumps(data).decode()}</script>')


def licences(row: dict[str, Any]) -> list[str] | None:
    found: list[str] | None = findings(**row).columns["prov_licence"].to_pylist()[0]
    return found
