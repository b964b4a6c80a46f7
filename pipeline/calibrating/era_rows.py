"""Human records at no cost: rows of a finished run that were captured before generators of their kind existed.

The policy of that run says where the era begins, and only rows that it labelled human count: of the others something
said that they are not what they seem. A classifier's hit among them is a false positive, which is what is counted here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import fsspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lowbackground.detectors.contract import RECORDS, OwnColumn, media_kind
from lowbackground.pipeline.calibrating.scoring import Known, known_of
from lowbackground.pipeline.config import Config, Read
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.explain.inspect_output import run_facts
from lowbackground.pipeline.output.storage import Storage
from lowbackground.pipeline.own_columns import check_present, with_columns
from lowbackground.pipeline.readers.roles import PREFIX, roles_of
from lowbackground.pipeline.runs.ledger import read_commits
from lowbackground.pipeline.runs.plan import planned_units
from lowbackground.pipeline.runs.setup import policy_of
from lowbackground.pipeline.units import Format
from lowbackground.pipeline.verdicts.policy import Policy

_TELLS_LANGUAGE = frozenset({Format.WARC, Format.TAR, Format.FILE})  # their readers do; of a table nobody knows
_ROWS = ("kept/", "rejected/")  # where an output has its rows
_PLACES = {
    "id": "prov_id",
    "source": "prov_source",
    "offset": "prov_offset",
    "captured_at": "prov_captured_at",
    "media_type": "prov_media_type",
}


def era_records(
    out: str, batch_rows: int, own: Sequence[OwnColumn] = (), group_column: str | None = None
) -> Iterator[Known]:
    """The records of the rows in `out` that are older than the era of their kind, by the run's own policy.

    `own` are the user's columns that stand beside them; `group_column` of them names the source group of a row, where
    it is there and holds a name.

    Raises:
        ConfigError: `out` is no finished output, or its rows hold nothing that could be scored, or lack that column.
    """
    storage = Storage(out)
    config = Config.model_validate(run_facts(storage)["configuration"])
    if config.emit == "attributes":
        raise ConfigError(
            f"{out}: was written with --emit attributes, so its rows hold no content to score; run once more without it"
        )
    policy = policy_of(storage)
    formats = {unit.name: unit.format for unit in planned_units(storage)}
    for commit in read_commits(storage).values():
        told = formats.get(commit.unit) in _TELLS_LANGUAGE
        settings = Read() if told else config.read
        for output in commit.outputs:
            if output.path.startswith(_ROWS):
                for rows, parts in _old_rows(storage, output.path, settings, policy, batch_rows, told=told):
                    check_present(rows.schema, out, [group_column] if group_column else ())
                    known = _known(rows, parts, group_column)
                    yield replace(known, records=with_columns(known.records, rows, own))


def era_files(out: str) -> list[str]:
    """The files of a run's output in which rows of the era may stand.

    Raises:
        ConfigError: `out` is no output of a run.
    """
    storage = Storage(out)
    run_facts(storage)
    root = storage.root.rstrip("/")
    outputs = (output.path for commit in read_commits(storage).values() for output in commit.outputs)
    return [f"{root}/{path}" for path in outputs if path.startswith(_ROWS)]


def _old_rows(
    storage: Storage, path: str, settings: Read, policy: Policy, batch_rows: int, *, told: bool
) -> Iterator[tuple[pa.RecordBatch, dict[str, str]]]:
    """The human rows of one file that are old enough, and which of their columns plays which part."""
    filesystem, root = fsspec.core.url_to_fs(storage.root)
    with filesystem.open(f"{root.rstrip('/')}/{path}", "rb") as opened:
        file = pq.ParquetFile(opened)
        own = pa.schema([field for field in file.schema_arrow if not field.name.startswith(PREFIX)])
        roles = roles_of(own, path, settings)
        parts: dict[str, str | None] = {"text": roles.text, "raw": roles.raw, "url": roles.url}
        if told:
            parts["language"] = "language"
        here = {part: name for part, name in parts.items() if name is not None}
        if roles.text is None and roles.raw is None:  # rejected rows that were written without their columns
            return
        for batch in file.iter_batches(batch_rows, columns=[*own.names, *_PLACES.values(), "prov_label"]):
            old = [
                label == "human" and policy.before_cutoff(media_kind(type_), captured)
                for label, type_, captured in zip(
                    *(batch.column(name).to_pylist() for name in ("prov_label", "prov_media_type", "prov_captured_at")),
                    strict=True,
                )
            ]
            if any(old):
                yield batch.filter(pa.array(old, pa.bool_())), {**_PLACES, **here}


def _known(rows: pa.RecordBatch, parts: dict[str, str], group_column: str | None) -> Known:
    """Rows of an output as records, and their source groups."""
    made: dict[str, pa.Array] = {part: _plain(rows.column(name)) for part, name in parts.items()}
    made["truncated"] = pa.array([False] * rows.num_rows, pa.bool_())
    made["notes"] = pa.array([[]] * rows.num_rows, RECORDS.field("notes").type)
    records = pa.RecordBatch.from_arrays(
        [
            made[field.name].cast(field.type) if field.name in made else pa.nulls(rows.num_rows, field.type)
            for field in RECORDS
        ],
        schema=RECORDS,
    )
    return known_of(records, rows, group_column)


def _plain(column: pa.Array) -> pa.Array:
    """The bytes of a media struct; any other column as it is."""
    return pc.struct_field(column, "bytes") if pa.types.is_struct(column.type) else column
