"""What is written about a batch: digests of what was read, and evidence as it was given."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from lowbackground.pipeline.output.rows import content_digests
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
