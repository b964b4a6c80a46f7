"""Filters the demo's crawl and tells what came of it, reading the answer back from the Parquet as a user would."""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

import yaml

from lowbackground.manifests.trust_import import import_list
from lowbackground.pipeline.config import Config, Mapping, Read
from lowbackground.pipeline.demo.crawl import Crawl, Specimen, build_crawl
from lowbackground.pipeline.errors import ConfigError

MARKER, CRAWL, TRUST, OUT, CONFIG = ".lowbackground-demo", "crawl", "trust", "out", "demo.yaml"

# A list comprehension rather than a lambda: DuckDB changed how it writes lambdas.
QUERY = """
SELECT prov_id, prov_source, prov_label, prov_rule, coalesce(
    prov_unknown_reason,
    [e.reason for e in prov_evidence if e.basis = prov_basis and e.signal in ('human', 'synthetic', 'mixed')][1]
) AS reason, {reject_reason}
FROM read_parquet(?, union_by_name = true)
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one specimen."""

    specimen: Specimen
    label: str
    rule: str
    reason: str
    reject_reason: str | None


def prepare(folder: Path) -> tuple[Crawl, Config]:
    """Build the crawl in `folder`, in place of what an earlier demo left there, and say how to filter it.

    Raises:
        ConfigError: something else is in the folder, or it cannot be written.
    """
    try:
        _clear(folder)
        (folder / CRAWL).mkdir()
        crawl = build_crawl(folder / CRAWL)
        config = Config(
            inputs=tuple(str(path) for path in crawl.inputs),
            out=str(folder / OUT),
            read=Read(archive=True, columns=Mapping(captured_at="crawled", captured_at_kind="captured")),
            trust_folder=str(folder / TRUST),
            max_unreadable=0.2,  # one record of few is broken on purpose
            progress="none",
        )
        import_list(
            folder / TRUST,
            crawl.trusted.pem.encode(),
            name="demo",
            source="made by lowbackground demo",
            today=datetime.now(UTC).date(),
            capture=True,
        )
        settings = config.model_dump(mode="json", exclude_defaults=True)
        (folder / CONFIG).write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{folder}: cannot be written ({error.strerror}); give -o a folder that you may write"
        ) from error
    return crawl, config


def _clear(folder: Path) -> None:
    """An empty folder with our marker; only a folder with the marker loses anything, and only what a demo made."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / MARKER).is_file() and any(folder.iterdir()):
        raise ConfigError(f"{folder}: holds files that no demo made; give -o a new folder, or an empty one")
    (folder / MARKER).write_text("Made by `lowbackground demo`, which replaces what is beside this file.\n", "utf-8")
    for name in (CRAWL, TRUST, OUT):
        if (folder / name).is_dir():
            shutil.rmtree(folder / name)


def outcomes(out: str, specimens: Iterable[Specimen]) -> list[Outcome]:
    """Look the specimens up in the output, in their order.

    Raises:
        LookupError: a specimen is not there, or twice.
    """
    import duckdb

    rows: dict[tuple[str, str], tuple[str, str, str, str | None]] = {}
    with duckdb.connect() as database:
        for folder, column in (("kept", "NULL"), ("rejected", "prov_reject_reason")):
            found = database.execute(QUERY.format(reject_reason=column), [f"{out}/{folder}/*.parquet"])
            for id_, source, *rest in found.fetchall():
                key = (_place(source), id_)
                if key in rows:
                    raise LookupError(f"{out}: {id_} is there twice")
                rows[key] = tuple(rest)
    missing = [specimen.name for specimen in specimens if (specimen.place, specimen.id) not in rows]
    if missing:
        raise LookupError(f"{out}: holds no row for {', '.join(missing)}")
    return [
        Outcome(specimen, label, rule or "-", reason, rejected)
        for specimen in specimens
        for label, rule, reason, rejected in [rows[specimen.place, specimen.id]]
    ]


def _place(source: str) -> str:
    """The part of the crawl that a `prov_source` lies in."""
    parts = Path(source).parts
    return parts[parts.index(CRAWL) + 1]


def table(found: Sequence[Outcome]) -> list[str]:
    """A line a specimen: name, what it is, label, rule, reason; under the part of the crawl that holds it."""
    rows = [
        (
            o.specimen.name,
            o.specimen.what,
            o.label,
            o.rule,
            o.reason + (" (opt-out)" if o.reject_reason == "opt-out" else ""),
        )
        for o in found
    ]
    heading = ("", "what it is", "label", "rule", "reason")
    widths = [max(len(row[column]) for row in [heading, *rows]) for column in range(5)]

    def line(row: Sequence[str]) -> str:
        return "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()

    lines = [line(heading)]
    for place, group in groupby(zip(found, rows, strict=True), key=lambda pair: pair[0].specimen.place):
        lines += [place, *(line(row) for _, row in group)]
    return lines
