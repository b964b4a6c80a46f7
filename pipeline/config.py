"""The configuration of a run: one YAML file, every flag reachable from it and back.

- Unknown keys are errors that name the file and the key.
- Every model is frozen and can be sent to a worker process.
- What does not change the output (`out`, `workers`, `engine`, display) stays out of the run id: `identity()`.
"""

import os
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from lowbackground.manifests.digest import json_digest
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.yaml_files import read_yaml

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

MIB = 1 << 20

Label = Literal["human", "synthetic", "unknown"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


SectionT = TypeVar("SectionT", bound=_Section)


class Mapping(_Section):
    """Which column of a table plays which part; null: none does. Another name than the default must be there."""

    text: str | None = "text"
    """The column that holds the training text."""
    raw: str | None = "raw"
    """The column that holds media: bytes, or an Image or Audio struct of `datasets`."""
    url: str | None = "url"
    """The column of the address that a record came from."""
    id: str | None = "id"
    """The column of the source's own id."""
    captured_at: str | None = None
    """The column of the capture time; named only together with `captured_at_kind: captured`."""
    captured_at_kind: Literal["captured"] | None = None
    """`captured` declares that somebody else captured the record at that time; a document's own date never counts."""


class Read(_Section):
    """How inputs are read."""

    format: Literal["warc", "jsonl", "parquet", "tar", "file", "hub"] | None = None
    """Overrides what the content says."""
    columns: Mapping = Mapping()
    archive: bool | None = None
    """Whether WARC-Date is a capture date; null: yes where warcinfo names Common Crawl or the Internet Archive."""
    list_prefix: str = ""
    """Put before each line of an @list, such as https://data.commoncrawl.org/."""
    replace_prov: bool = False
    """Drop the prov_ columns that an input already has, instead of refusing it."""
    extractor: Literal["resiliparse", "trafilatura"] = "resiliparse"
    """How the main text is taken out of HTML: fast, or with somewhat better precision at a tenth of the speed."""
    keep_raw: bool = False
    """Write `raw` for text records too; media always keep it."""
    statuses: tuple[int, ...] = (200,)
    """HTTP status codes of responses that are records; others are skipped with the reason `http-status`."""
    max_html_bytes: int = Field(4 * MIB, ge=1024)
    """Longer pages are cut here and marked truncated; 0 of 1,992 real pages are longer."""
    max_media_bytes: int = Field(512 * MIB, ge=1024)
    """Larger payloads go to unreadable with the reason `too-large`."""
    max_line_bytes: int = Field(256 * MIB, ge=1024)
    """Longer JSONL lines go to unreadable with the reason `too-large`."""
    batch_rows: int = Field(512, ge=1)
    """A batch holds at most this many records."""
    batch_bytes: int = Field(16 * MIB, ge=1024)
    """A batch ends at this size, if that comes first; a larger record has a batch to itself."""
    revision: str | None = None
    """The commit of a hub data set; null pins the newest at plan time."""
    split: str | None = None
    """The split of a hub data set; null reads all."""
    subset: str | None = None
    """The configuration name of a hub data set."""
    streaming: bool = True
    """Stream a hub data set instead of downloading it first."""


class Prior(_Section):
    """A table of P(synthetic) by media kind and month of capture, see `docs/policies.md`."""

    table: str = "standard"
    """`standard`, or the path of a YAML file of the same form."""


class Cascade(_Section):
    """Which records the detectors that hold a large model are shown; the others are SKIPPED with a reason."""

    records: Literal["undecided", "all"] = "undecided"
    """`undecided`: those that no rule of the policy decides by the evidence of the other detectors."""
    min_chars: int = Field(300, ge=0)  # about 50 words: MIN_CHARS of `verdicts/unknown.py`
    """Shorter texts are not shown to models of text."""
    share: float = Field(1.0, ge=0, le=1)
    """This share of what is left is shown, chosen by a hash of the id."""


def _instant(value: object) -> object:
    """Accept a date or an RFC 3339 instant, as YAML or a flag gives it; a bare date is its first second in UTC."""
    if isinstance(value, str) and len(value) == len("2026-11-20"):
        value = date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _location(value: object) -> object:
    """Accept a `Path` where a string is meant."""
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _locations(value: object) -> object:
    """Accept one location, or several, as strings or paths."""
    if isinstance(value, str | os.PathLike):
        return (_location(value),)
    return tuple(map(_location, value)) if isinstance(value, list | tuple) else value


_Location = Annotated[str, BeforeValidator(_location)]


class Config(_Section):
    """Everything that `lowbackground run` can be told."""

    inputs: Annotated[tuple[str, ...], BeforeValidator(_locations)] = ()
    """Shards, folders, @lists of them, or hf://datasets/ORG/NAME."""
    out: _Location = ""
    """The output folder: a path or an fsspec URL."""
    policy: _Location = "standard"
    """`standard`, `strict`, `lenient`, or the path of a policy of your own."""
    keep: tuple[Label, ...] = ("human", "unknown")
    """The labels of the rows in `kept/`."""
    opt_out: Literal["reject", "keep"] = "reject"
    """What happens to records that ask not to be trained on."""
    emit: Literal["full", "attributes"] = "full"
    """`attributes` writes the prov_ columns alone, to join to a corpus that stays where it is."""
    rejected: Literal["full", "columns", "none"] = "full"
    """What is written of rejected rows: all columns, `columns` the prov_ columns alone, or nothing; they are always counted."""
    detectors: dict[str, dict[str, Any]] = {}
    """A section a detector: its options, and `enabled: true|false`; `NAME/SECOND` runs it once more, with options of its own."""
    read: Read = Read()
    prior: Prior = Prior()
    cascade: Cascade = Cascade()
    as_of: Annotated[datetime, BeforeValidator(_instant)] | None = None
    """"Now" for every judgement of expiry; null: the moment of planning, kept for every resumed run."""
    limit: int | None = Field(None, ge=1)
    """Stop after this many records, in the order of the plan; one worker reads them."""
    sample: float | None = Field(None, gt=0, le=1)
    """Judge this share of the records, chosen by a hash of their key; the others are skipped as `not-sampled`."""
    unit_bytes: int = Field(256 * MIB, ge=1024)
    """Inputs are cut into units of about this size, as stored."""
    row_group_bytes: int = Field(64 * MIB, ge=1024)
    """A row group of the output ends at this size, uncompressed."""
    max_unreadable: float = Field(0.01, ge=0, le=1)
    """A larger share of unreadable records makes the exit code 1."""
    family_shrinkage: float = Field(0.7, ge=0, le=1)
    """r: how far further evidence of one family repeats what its strongest said."""
    workers: int | None = Field(None, ge=1)
    """Null: one a core."""
    engine: Literal["local"] = "local"
    """Where units run."""
    memory_limit: int = Field(4096 * MIB, ge=512 * MIB)
    """Address space a worker may take beyond what it has after start-up; the process that holds models is not bound."""
    redo_changed: bool = False
    """Filter inputs again that changed since they were planned, instead of refusing them."""
    trust_folder: _Location | None = None
    """Where `lowbackground trust` keeps the lists; null: the user's data folder."""
    progress: Literal["auto", "plain", "none"] = "auto"
    """How progress is shown: live on a terminal, as lines, or not at all."""

    @classmethod
    def identity_keys(cls) -> frozenset[str]:
        """The keys that can change the output; policy and trust lists are held by their digests instead."""
        return frozenset(cls.model_fields) - _NOT_IDENTITY

    def identity(self) -> str:
        """The digest of everything here that can change the output."""
        return json_digest(self.model_dump(mode="json", exclude=set(_NOT_IDENTITY)))

    def to_yaml(self) -> str:
        """The whole configuration as YAML that `load_config` reads back."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)

    def with_values(self, **changes: object) -> Self:
        """A validated copy with other values, for flags that override a file."""
        return validated(type(self), {**self.model_dump(), **changes}, "the command line")


_NOT_IDENTITY = frozenset(
    {
        "inputs",
        "out",
        "policy",
        "prior",
        "workers",
        "engine",
        "progress",
        "memory_limit",
        "max_unreadable",
        "redo_changed",
        "trust_folder",
    }
)


def validated(model: type[SectionT], values: object, where: str) -> SectionT:
    """`values` as a `model`, or a ConfigError that names where they come from and each wrong key."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in item['loc']) or 'top level'}: " + _problem(item)
            for item in error.errors(include_url=False)
        )
        raise ConfigError(f"{where}: {problems}. `lowbackground config defaults` prints every key.") from error


_OF_NUMBERS_AND_CHOICES = (  # beginnings of pydantic's names of errors
    "literal_error",
    "int_",
    "float_",
    "bool_",
    "date_",
    "datetime_",
    "greater_than",
    "less_than",
    "finite_number",
)


def _problem(item: "ErrorDetails") -> str:
    """What is wrong with a value, and the value where it should be a number or one of a few words: no secret is either."""
    if item["type"] == "extra_forbidden":
        return "unknown key"
    told, value = item["msg"], item["input"]
    if item["type"].startswith(_OF_NUMBERS_AND_CHOICES) and isinstance(value, str | int | float):
        told += f", not {value!r:.60}"
    return told


def load_config(path: str | Path) -> Config:
    """The configuration in a YAML file.

    Raises:
        ConfigError: the file is missing, is not YAML, or holds an unknown key or a wrong value.
    """
    values = read_yaml(Path(path))
    return validated(Config, values if values is not None else {}, str(path))
