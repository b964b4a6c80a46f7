"""The schema of the output: the user's own columns, united by name over all inputs, and ours, prefixed `prov_`.

- Types are fixed and versioned; nothing is inferred from a first batch.
- string and large_string are one type, written large_string; any other difference is a ConfigError that names
  both inputs.
- One schema for everything in `kept/`; `rejected/` has one column more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from lowbackground.manifests.credential import CREDENTIAL_TYPE
from lowbackground.pipeline.errors import ConfigError

SCHEMA_VERSION = "1"  # changes whenever a prov_ column changes its name, type or meaning

EVIDENCE_TYPE = pa.struct(
    [
        ("detector", pa.string()),
        ("version", pa.string()),
        ("basis", pa.string()),
        ("signal", pa.string()),
        ("reason", pa.string()),
        ("strength", pa.string()),
        ("kind", pa.string()),
        ("part", pa.string()),
        ("score", pa.float64()),
        ("fpr", pa.float64()),
        ("llr", pa.float64()),
        ("opt_out", pa.list_(pa.string())),
        ("detail", pa.string()),
        ("contribution", pa.float64()),
    ]
)

KEY_COLUMNS = pa.schema([("prov_id", pa.string()), ("prov_source", pa.string()), ("prov_offset", pa.int64())])

VERDICT_COLUMNS = pa.schema(
    [
        ("prov_captured_at", pa.timestamp("ms", tz="UTC")),
        ("prov_media_type", pa.string()),
        ("prov_sha256", pa.string()),
        ("prov_label", pa.string()),
        ("prov_rule", pa.string()),
        ("prov_basis", pa.string()),
        ("prov_kind", pa.string()),
        ("prov_unknown_reason", pa.string()),
        ("prov_p_synthetic", pa.float64()),
        ("prov_logit", pa.float64()),
        ("prov_prior", pa.float64()),
        ("prov_weight", pa.float64()),
        ("prov_evidence", pa.list_(EVIDENCE_TYPE)),
        ("prov_opt_out", pa.list_(pa.string())),
        ("prov_licence", pa.list_(pa.string())),
        ("prov_notes", pa.list_(pa.string())),
        ("prov_c2pa", CREDENTIAL_TYPE),
    ]
)

UNREADABLE_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("source", pa.string()),
        ("offset", pa.int64()),
        ("reason", pa.string()),
        ("detail", pa.string()),
    ]
)

EXHIBIT_SCHEMA = pa.schema(
    [
        ("prov_id", pa.string()),
        ("prov_source", pa.string()),
        ("prov_offset", pa.int64()),
        ("name", pa.string()),
        ("data", pa.large_binary()),
    ]
)

REJECT_REASON = pa.field("prov_reject_reason", pa.string())


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """What `kept/` and `rejected/` look like.

    `own` are the user's columns, `ours` the prov_ columns; `rejected_own` says whether rejected rows keep the former.
    """

    own: pa.Schema
    ours: pa.Schema
    rejected_own: bool = True

    @property
    def kept(self) -> pa.Schema:
        """The user's columns, then ours."""
        return pa.schema([*self.own, *self.ours])

    @property
    def rejected(self) -> pa.Schema:
        """As `kept`, and why the row was rejected."""
        return pa.schema([*(self.own if self.rejected_own else ()), *self.ours, REJECT_REASON])


def output_schema(
    inputs: Iterable[tuple[str, pa.Schema]],
    detector_columns: Iterable[tuple[str, pa.Schema]],
    *,
    emit: str,
    rejected: str,
) -> OutputSchema:
    """The schema of a run over `inputs` (source, schema of its passthrough columns) with these detectors.

    `emit` and `rejected` are those of the configuration: `attributes` and `columns` leave out the user's columns.

    Raises:
        ConfigError: two inputs, or two detectors, give one name different types; the message names both.
    """
    own = pa.schema([]) if emit == "attributes" else unite(inputs)
    ours = unite(
        [("lowbackground", pa.schema([*KEY_COLUMNS, *VERDICT_COLUMNS]))]
        + [(f"detector {name}", columns) for name, columns in detector_columns],
        widen=False,
    )
    return OutputSchema(own, ours, rejected_own=rejected == "full")


def unite(schemas: Iterable[tuple[str, pa.Schema]], *, widen: bool = True) -> pa.Schema:
    """All columns of all schemas by name, in the order in which they are first seen.

    Raises:
        ConfigError: one name has two types.
    """
    fields: dict[str, tuple[str, pa.Field]] = {}
    for where, schema in schemas:
        for field in schema:
            wanted = pa.field(field.name, _written(field.type) if widen else field.type, metadata=field.metadata)
            known = fields.get(field.name)
            if known is None or pa.types.is_null(known[1].type):
                fields[field.name] = (where, wanted)
            elif not wanted.type.equals(known[1].type) and not pa.types.is_null(wanted.type):
                raise ConfigError(
                    f"column {field.name!r} is {known[1].type} in {known[0]} and {wanted.type} in {where}: one output "
                    "has one schema. Filter them into two output folders, or cast one of them first"
                )
    return pa.schema([field for _, field in fields.values()])


def _written(type_: pa.DataType) -> pa.DataType:
    """The type in which a user's column is written: strings and binaries may grow past 2 GiB in one row group."""
    if pa.types.is_string(type_):
        return pa.large_string()
    if pa.types.is_binary(type_):
        return pa.large_binary()
    return type_


def conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """`batch` with the columns of `schema`: absent ones null, strings widened, nothing else converted."""
    columns = []
    for field in schema:
        index = batch.schema.get_field_index(field.name)
        if index < 0:
            columns.append(pa.nulls(batch.num_rows, field.type))
            continue
        column = batch.column(index)
        columns.append(column if column.type.equals(field.type) else column.cast(field.type))
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def metadata(facts: Mapping[str, str]) -> dict[bytes, bytes]:
    """Key-value metadata of every file of a run, under names that do not collide with those of others."""
    return {
        f"lowbackground.{key}".encode(): value.encode() for key, value in {"schema": SCHEMA_VERSION, **facts}.items()
    }
