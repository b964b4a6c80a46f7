"""The public names of the package: `run`, `inspect` and `annotate`."""

from functools import lru_cache
from os import PathLike, fspath

import pyarrow as pa

from lowbackground.pipeline.batch import Batch
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.explain.explanation import Explanation
from lowbackground.pipeline.labelled import Labeller, labeller
from lowbackground.pipeline.output.schema import REJECT_REASON, conform
from lowbackground.pipeline.own_columns import check_own
from lowbackground.pipeline.readers.mapping import map_table, written
from lowbackground.pipeline.readers.roles import passthrough_schema, roles_of
from lowbackground.pipeline.runs.summary import RunResult

TABLE = "table"  # what `prov_source` says of rows that came from no file


def run(config: Config) -> RunResult:
    """Filter `config.inputs` into `config.out`, as `lowbackground run` does; started again, it goes on.

    Raises:
        ConfigError: nothing was read; the message says what is wrong and what to do.
    """
    from lowbackground.pipeline.runs.run import run as run_

    _expect("run", config, "a lowbackground.Config", Config)
    return run_(config)


def inspect(what: bytes | str | PathLike[str], config: Config | None = None, *, id: str | None = None) -> Explanation:  # noqa: A002 - the word of the command line
    """Explain one record: bytes, the path of a file, `SHARD#ID`, or with `id` a row of the output folder of a run.

    `str()` of the answer is what `lowbackground inspect` prints, `to_json()` what it prints with `--json`.

    Raises:
        ConfigError: there is no such record, or it cannot be judged.
    """
    from lowbackground.pipeline.explain.inspect_output import inspect_output, is_output
    from lowbackground.pipeline.explain.inspection import inspect_bytes, inspect_location

    _expect("inspect", what, "bytes, or the path of a file", bytes, str, PathLike)
    _expect("inspect", config, "a lowbackground.Config, or nothing", Config, type(None))
    if isinstance(what, bytes):
        return inspect_bytes(what, config or Config())
    what = fspath(what)
    if not is_output(what):
        return inspect_location(what, config or Config(), id)
    if id is None:
        raise ConfigError(f"{what}: is the output of a run; name a row with --id PROV_ID")
    return inspect_output(what, id, config.policy if config else None)


def annotate(table: pa.Table | pa.RecordBatch, config: Config | None = None) -> pa.Table:
    """`table` with all `prov_` columns and `prov_reject_reason` (null: a run would keep the row).

    For a `datasets.map` or `map_batches` of your own: rows stay in place, columns are mapped as `config.read.columns`
    says, and each row gets what a run gives it. `prov_source` is `table`, `prov_offset` the row. Carriers of manifests
    are removed from the text; strings and binaries come back in their large types. A row that a run would put into
    `unreadable/` has null in all columns but its key, and `prov_reject_reason` says `unreadable`.

    Pure but for the clock: give `as_of`, or the moment of the first call with a configuration counts as now.

    Raises:
        ConfigError: the configuration is wrong, or the table does not fit it.
    """
    _expect("annotate", table, "a pyarrow.Table or RecordBatch", pa.Table, pa.RecordBatch)
    _expect("annotate", config, "a lowbackground.Config, or nothing", Config, type(None))
    config = config or Config()
    bench = _labeller(config.model_dump_json())
    whole = pa.Table.from_batches([table]) if isinstance(table, pa.RecordBatch) else table
    schema = passthrough_schema(whole.schema, TABLE, config.read)
    roles = roles_of(schema, TABLE, config.read)
    check_own(schema, TABLE, bench.setup.own_columns())
    ours = bench.setup.output_schema([], config).ours.append(REJECT_REASON)
    pieces, seen, row = [], set[str](), 0
    for piece in whole.to_batches(max_chunksize=config.read.batch_rows):
        offsets = pa.array(range(row, row + piece.num_rows), pa.int64())
        rows = written(piece, schema)
        batch = map_table(rows, offsets, TABLE, roles, config.read)
        pieces.append(_annotated(rows, offsets, batch, bench, seen, pa.schema([*schema, *ours])))
        row += piece.num_rows
    return pa.concat_tables([pa.schema([*schema, *ours]).empty_table(), *pieces])


_SEE = {
    "DataFrame": "; make one with pyarrow.Table.from_pandas(), or .to_arrow() of polars",
    "Dataset": "; call it through .with_format('arrow').map(..., batched=True)",
    "dict": "; make one with pyarrow.table()",
    "list": "; make one with pyarrow.Table.from_pylist()",
    "str": "; name inputs and output with Config(inputs=..., out=...)",
}


def _expect(function: str, value: object, expected: str, *kinds: type) -> None:
    """Refuse an argument of another kind before it fails somewhere inside.

    Raises:
        ConfigError: it is none of `kinds`.
    """
    if not isinstance(value, kinds):
        found = type(value)
        hint = _SEE.get(found.__name__, "") if (found.__name__ == "str") == (function == "run") else ""
        raise ConfigError(f"{function}: expected {expected}, found {found.__module__}.{found.__name__}{hint}")


def _annotated(
    rows: pa.RecordBatch, offsets: pa.Array, batch: Batch, bench: Labeller, seen: set[str], schema: pa.Schema
) -> pa.Table:
    """All rows of a batch in their places, those that cannot be judged with their key alone."""
    labelled = bench.label(batch, seen)
    own = labelled.batch.passthrough
    judged = pa.RecordBatch.from_arrays(
        [*own.columns, *labelled.columns.columns], names=[*own.schema.names, *labelled.columns.schema.names]
    )
    if not batch.unreadable:
        return pa.Table.from_batches([conform(judged, schema)])
    lost = pa.array([one.offset for one in batch.unreadable], pa.int64())
    keys = {
        "prov_id": pa.array([one.id for one in batch.unreadable], pa.string()),
        "prov_source": pa.array([one.source for one in batch.unreadable], pa.string()),
        "prov_offset": lost,
        "prov_reject_reason": pa.array(["unreadable"] * len(lost), pa.string()),
    }
    untouched = rows.take(pa.array([one.offset - offsets[0].as_py() for one in batch.unreadable], pa.int64()))
    unread = pa.RecordBatch.from_arrays([*untouched.columns, *keys.values()], names=[*untouched.schema.names, *keys])
    return pa.Table.from_batches([conform(judged, schema), conform(unread, schema)]).sort_by("prov_offset")


@lru_cache(maxsize=8)
def _labeller(config: str) -> Labeller:
    """Detectors and policy of a configuration, built once: `annotate` is called for batch after batch."""
    return labeller(Config.model_validate_json(config))
