"""docs/columns.md names every column of the output, and no other."""

import re
from pathlib import Path

import pyarrow as pa

from lowbackground.manifests.credential import CREDENTIAL_TYPE
from lowbackground.pipeline.output.schema import EVIDENCE_TYPE, EXHIBIT_SCHEMA, UNREADABLE_SCHEMA, output_schema

TEXT = (Path(__file__).parents[1] / "docs" / "columns.md").read_text(encoding="utf-8")


def names(type_: pa.StructType) -> list[str]:
    return [field.name for field in type_]


def test_every_column_and_field_is_documented() -> None:
    columns = output_schema([], [], emit="full", rejected="full").rejected.names
    wanted = [*columns, *names(EVIDENCE_TYPE), *names(CREDENTIAL_TYPE), *UNREADABLE_SCHEMA.names, *EXHIBIT_SCHEMA.names]
    assert [name for name in wanted if f"`{name}`" not in TEXT] == []


def test_no_prov_column_is_documented_that_is_not_written() -> None:
    columns = set(output_schema([], [], emit="full", rejected="full").rejected.names)
    assert set(re.findall(r"`(prov_\w+)`", TEXT)) - columns == set()
