"""Explains a row of an output from its Parquet, without the media."""

from collections.abc import Mapping
from typing import Any

import fsspec
import pyarrow.dataset as ds

from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.explain.explanation import Explanation, explain_row
from lowbackground.pipeline.explain.inspection import tree_of, unwrapped
from lowbackground.pipeline.explain.manifest_tree import Node
from lowbackground.pipeline.explain.meanings import meanings
from lowbackground.pipeline.inputs.locations import scheme_of
from lowbackground.pipeline.output.schema import SCHEMA_VERSION
from lowbackground.pipeline.output.storage import Storage
from lowbackground.pipeline.runs.plan import RUN_FILE, read_run
from lowbackground.pipeline.runs.setup import policy_of
from lowbackground.pipeline.screen import shown
from lowbackground.pipeline.verdicts.policy_file import load_policy

SHOWN_IDS = 3
_READ_ONLY = {"hf", "http", "https"}  # no run writes there, and asking would cost a request
MAX_ROWS = 100  # of one id that are counted
MAX_DIGITS = 18  # of an offset that fits an int64


def is_output(location: str) -> bool:
    """Whether a folder was written by a run."""
    return scheme_of(location) not in _READ_ONLY and Storage(location).exists(RUN_FILE)


def inspect_output(out: str, record: str, policy: str | None = None) -> Explanation:
    """Explain the row whose `prov_id` is `record`, or whose source and offset are `SOURCE#OFFSET`.

    `policy` shows the rules of another policy than the one that decided.

    Raises:
        ConfigError: there is no such row, or its policy is damaged.
    """
    storage = Storage(out)
    run = run_facts(storage)
    rows = _rows(storage, record)
    if not rows:
        raise ConfigError(_not_there(storage, record, run))
    row = rows[0]
    notices = []
    if len(rows) > 1:
        others = ", ".join(f"{shown(other['prov_source'])}#{other['prov_offset']}" for other in rows[1:4])
        notices.append(f"{len(rows)} rows have this id, and this is the first; SOURCE#OFFSET names others: {others}")
    return explain_row(
        row,
        load_policy(policy) if policy else policy_of(storage),
        meanings(),
        chain=_chain(storage, row),
        notices=notices,
    )


def run_facts(storage: Storage) -> dict[str, Any]:
    """What the run wrote about itself, if this version can read its rows."""
    run = read_run(storage)
    if run is None:
        raise ConfigError(f"{storage.root}: holds no {RUN_FILE}; name the output folder of a run")
    if run["schema"] != SCHEMA_VERSION:
        raise ConfigError(
            f"{storage.root}: was written by version {run['program']} (schema {run['schema']}), and this one reads "
            f"schema {SCHEMA_VERSION}; inspect it with that version"
        )
    return run


def _rows(storage: Storage, record: str) -> list[dict[str, Any]]:
    """The rows of this id; if there is none, the one at this `source#offset`."""
    by_id = ds.field("prov_id").isin([record, unwrapped(record)])
    found = [row for folder in ("kept", "rejected") for row in _read(storage, folder, by_id, "prov_")]
    source, _, offset = record.rpartition("#")
    if found or not source or not offset.isdecimal() or len(offset) > MAX_DIGITS:
        return found
    by_key = (ds.field("prov_source") == source) & (ds.field("prov_offset") == int(offset))
    return [row for folder in ("kept", "rejected") for row in _read(storage, folder, by_key, "prov_")]


def _read(storage: Storage, folder: str, wanted: ds.Expression | None, prefix: str = "") -> list[dict[str, Any]]:
    """The rows of a folder that a filter lets through, and their columns that begin with `prefix`."""
    names = [name for name in storage.names(folder) if name.endswith(".parquet") and not name.startswith(".")]
    if not names:
        return []
    filesystem, path = fsspec.core.url_to_fs(storage.root)
    dataset = ds.dataset([f"{path.rstrip('/')}/{folder}/{name}" for name in names], filesystem=filesystem)
    columns = [name for name in dataset.schema.names if name.startswith(prefix)]
    rows: list[dict[str, Any]] = dataset.scanner(columns=columns, filter=wanted).head(MAX_ROWS).to_pylist()
    return rows


def _chain(storage: Storage, row: Mapping[str, Any]) -> Node | None:
    """The manifests of the row, from the side file that its unit wrote."""
    if row.get("prov_c2pa") is None:
        return None
    of_row = (ds.field("prov_source") == row["prov_source"]) & (ds.field("prov_offset") == row["prov_offset"])
    exhibits = _read(storage, "_run/c2pa", of_row & (ds.field("name") == "crjson"))
    return tree_of(exhibits[0]["data"]) if exhibits else None


def _not_there(storage: Storage, record: str, run: Mapping[str, Any]) -> str:
    """Why there is no row: it could not be judged, or there never was one."""
    lost = _read(storage, "unreadable", ds.field("id").isin([record, unwrapped(record)]))
    if lost:
        return (
            f"{storage.root}: {shown(record)} could not be judged: {lost[0]['reason']} ({shown(lost[0]['detail'])}), "
            f"in {shown(lost[0]['source'])} at {lost[0]['offset']}"
        )
    some = [shown(row["prov_id"]) for row in _read(storage, "kept", None, "prov_id")[:SHOWN_IDS]]
    return (
        f"{storage.root}: holds no row '{shown(record)}'; --id takes a prov_id"
        + (f", such as {', '.join(some)}," if some else "")
        + " or SOURCE#OFFSET"
        + ("; its rejected rows were not written" if run["configuration"]["rejected"] == "none" else "")
    )
