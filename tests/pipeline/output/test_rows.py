"""What is written about a batch: digests of what was read, and evidence as it was given."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from lowbackground.detectors.evidence import Basis, Evidence, Finding, Kind, Signal, detail
from lowbackground.pipeline.output.rows import content_digests, encode_evidence
from tests.factories import records

ROWS = st.lists(
    st.fixed_dictionaries({"raw": st.none() | st.binary(), "text": st.none() | st.text(st.characters(codec="utf-8"))})
)


@given(ROWS, st.integers(0, 5))
def test_the_digest_is_of_raw_else_of_the_text_else_null_in_any_slice(
    rows: list[dict[str, object]], start: int
) -> None:
    def expected(row: dict[str, object]) -> str | None:
        content = row["raw"] if row["raw"] is not None else row["text"]
        data = content.encode() if isinstance(content, str) else content
        return None if data is None else hashlib.sha256(data).hexdigest()  # type: ignore[arg-type]

    assert content_digests(records(rows).slice(start)).to_pylist() == [expected(row) for row in rows[start:]]


def test_silence_loses_its_detail_unless_it_has_something_to_point_at() -> None:
    told = detail(windows=3)
    said = {
        "plain": Evidence(Signal.SILENT, "a.none", detail=told),
        "kept": Evidence(Signal.SILENT, "a.none", detail=told, keep_detail=True),
        "kind": Evidence(Signal.SILENT, "a.none", kind=Kind.EDITED, detail=told),
        "opt-out": Evidence(Signal.SILENT, "a.none", opt_out=("tdm",), detail=told),
        "hit": Evidence(Signal.SYNTHETIC, "a.hit", detail=told),
        "failed": Evidence(Signal.FAILED, "a.failed", detail=told),
    }
    row = tuple(Finding("a", "1", Basis.CLASSIFIER, each) for each in said.values())
    (written,) = encode_evidence([row], [(0.0,) * len(row)]).to_pylist()
    assert dict(zip(said, [each["detail"] for each in written], strict=True)) == dict.fromkeys(said, told) | {
        "plain": None
    }
