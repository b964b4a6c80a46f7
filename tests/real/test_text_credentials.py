"""Real pages and texts carry no C2PA manifest, and a real manifest moved onto a text is not believed."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lowbackground.detectors.carried_manifests import rows_to_look_at
from lowbackground.detectors.contract import RunFacts
from lowbackground.detectors.evidence import Signal
from lowbackground.detectors.text_credentials import text_credentials
from lowbackground.manifests.precheck import precheck, store_of
from lowbackground.manifests.sniff import sniff
from lowbackground.manifests.text_carriers import wrapper
from tests.factories import AS_OF, records
from tests.text_signing import PROSE

pytestmark = pytest.mark.real


def test_no_page_of_the_extraction_benchmark_is_looked_at(shared: Path) -> None:
    pages = [path for path in (shared / "extraction" / "html").rglob("*") if path.is_file()]
    assert len(pages) > 100
    rows = [{"raw": path.read_bytes(), "text": "x", "media_type": "text/html"} for path in pages]
    assert rows_to_look_at(records(rows)) == []


def test_no_text_of_the_corpora_is_looked_at(shared: Path) -> None:
    texts = 0
    for path in sorted((shared / "text").glob("human_*.parquet")):
        column = pq.read_table(path, columns=["text"]).column("text").to_pylist()
        texts += len(column)
        assert rows_to_look_at(records([{"text": text} for text in column[:500]])) == [], path.name
    assert texts > 1000


def test_no_real_manifest_moved_onto_a_text_is_believed(shared: Path) -> None:
    moved = []
    for path in sorted((shared / "c2pa").rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        store = store_of(data, precheck(data, sniff(data))) if data else b""
        if store:
            moved.append({"text": PROSE + wrapper(store).decode(), "id": path.name})
    assert len(moved) > 80
    found = text_credentials(run=RunFacts(AS_OF))(records(moved))
    credentials = found.columns["prov_c2pa"].to_pylist()
    assert {one["integrity"] for one in credentials} <= {"modified", "forged", "malformed", "unchecked"}
    assert Signal.HUMAN not in {one.signal for one in found.evidence}
    assert all(spans for spans in found.spans.values())
    assert len(found.spans) == len(moved)
