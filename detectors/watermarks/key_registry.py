"""The keys that texts are tested with: published ones, which are shipped, and the operator's own, from a file.

A key of one's own is a secret: whoever has it can forge the mark and wash it off. It is read, and then neither printed,
nor logged, nor written: messages name an entry by its place and never quote the file, and the output names its id.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from lowbackground.detectors.watermarks.green_scheme import GreenKey
from lowbackground.detectors.watermarks.local_tokenizers import MAX_VOCAB, MIN_VOCAB
from lowbackground.detectors.watermarks.synthid_scheme import TABLE_SIZE, SynthIDKeys
from lowbackground.detectors.watermarks.window_seeds import FREEFORM, LEAST_WIDTH, NAMED, Implementation, Seeding

PUBLISHED = "published"  # stands for the keys that are shipped
MAX_FILE_BYTES = 1 << 20  # a key set takes some 300 bytes
MAX_LAYERS = 256  # the default of synthid-text is 30
MAX_WIDTH = 64  # tokens of a window; the schemes with a name of their own have 1 to 5

_Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
_Word = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]  # what a tensor of torch holds


class KeyFileError(ValueError):
    """A file of keys cannot be used; the message says where, and quotes nothing of it."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    id: _Id
    tokenizers: tuple[str, ...] | None = None
    source: str | None = None


class _SynthID(_Entry):
    scheme: Literal["synthid-text"]
    keys: Annotated[tuple[_Word, ...], Field(min_length=1, max_length=MAX_LAYERS, repr=False)]
    ngram_len: Annotated[int, Field(ge=2, le=64)] = 5
    table_seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    table: str | None = None


class _Green(_Entry):
    scheme: Literal["green-list"]
    key: Annotated[int, Field(strict=True, ge=1, lt=2**63, repr=False)]
    seeding: str = Seeding.LEFTHASH.value
    implementation: Implementation = Implementation.TRANSFORMERS
    context_width: Annotated[int, Field(ge=1, le=MAX_WIDTH)] | None = None
    ratio: Annotated[float, Field(gt=0, lt=1)] = 0.25
    select_green_tokens: Annotated[bool, Field(strict=True)] = True
    vocab_size: Annotated[int, Field(strict=True, ge=MIN_VOCAB, le=MAX_VOCAB)] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    keys: tuple[Annotated[_SynthID | _Green, Field(discriminator="scheme")], ...]


_FIELDS = {*_SynthID.model_fields, *_Green.model_fields}


Key = TypeVar("Key", SynthIDKeys, GreenKey)


@dataclass(frozen=True)
class Registered(Generic[Key]):
    """A key, and the names of the tokenizers it is tried with; null: all."""

    key: Key
    tokenizers: tuple[str, ...] | None


def synthid_keys(sources: Sequence[str]) -> tuple[Registered[SynthIDKeys], ...]:
    """The SynthID-Text key sets of these sources: `published`, or paths of files.

    Raises:
        KeyFileError: a file cannot be read or used, or there is no such key set in any.
    """
    found = []
    for where, entry in _entries(sources):
        if isinstance(entry, _SynthID):
            table = None if entry.table is None else _table(where, entry)
            keys = SynthIDKeys(entry.id, entry.keys, entry.ngram_len, entry.table_seed, table)
            found.append(Registered(keys, entry.tokenizers))
    return _some(found, "synthid-text")


def green_keys(sources: Sequence[str]) -> tuple[Registered[GreenKey], ...]:
    """The green-list keys of these sources: `published`, or paths of files.

    Raises:
        KeyFileError: a file cannot be read or used, or there is no such key in any.
    """
    found = []
    for where, entry in _entries(sources):
        if isinstance(entry, _Green):
            found.append(Registered(_green_key(f"{where}: {entry.id}", entry), entry.tokenizers))
    return _some(found, "green-list")


_FREE = Implementation.LM_WATERMARKING
_FREE_NAME = re.compile(r"ff-([a-z_]{1,30})-(\d{1,2})-(True|False)")  # `seeding_scheme_lookup`, less the key


def _green_key(where: str, entry: _Green) -> GreenKey:
    """The key of an entry whose seeding is a name, such as `selfhash`, or a free scheme, such as `ff-position_prf-3-False`."""
    if not entry.select_green_tokens and entry.implementation is not _FREE:
        raise KeyFileError(f"{where}: {entry.implementation} has no select_green_tokens; leave it out")
    named = {str(each): (each, width) for (whose, each), width in NAMED.items() if whose is entry.implementation}
    free = _FREE_NAME.fullmatch(entry.seeding) if entry.implementation is _FREE else None
    if entry.seeding in named:
        seeding, width = named[entry.seeding]
        return _of(entry, seeding, entry.context_width or width, None)
    if free is None or free[1] not in FREEFORM:
        also = ", and ff-FUNCTION-WIDTH-True|False" if entry.implementation is _FREE else ""
        raise KeyFileError(f"{where}: {entry.implementation} has no such seeding; it has {', '.join(named)}{also}")
    seeding, width = FREEFORM[free[1]], int(free[2])
    if entry.context_width not in {None, width}:
        raise KeyFileError(f"{where}: context_width is not that of the seeding; leave it out")
    if not LEAST_WIDTH.get(seeding, 1) <= width <= MAX_WIDTH:
        raise KeyFileError(f"{where}: the seeding has no seed for windows of that width")
    return _of(entry, seeding, width, free[3] == "True")


def _of(entry: _Green, seeding: Seeding, width: int, self_salt: bool | None) -> GreenKey:
    return GreenKey(
        entry.id,
        entry.key,
        seeding,
        entry.implementation,
        width,
        entry.ratio,
        self_salt,
        from_tail=not entry.select_green_tokens,
        vocab_size=entry.vocab_size,
    )


def keys_by_tokenizer(registered: Sequence[Registered[Key]], tokenizers: Iterable[str]) -> dict[str, tuple[Key, ...]]:
    """The keys that each tokenizer is tried with.

    Raises:
        KeyFileError: a key names a tokenizer that there is not, or a tokenizer is left without a key.
    """
    found = {
        tokenizer: tuple(each.key for each in registered if each.tokenizers is None or tokenizer in each.tokenizers)
        for tokenizer in tokenizers
    }
    for each in registered:
        if missing := sorted(set(each.tokenizers or ()) - set(found)):
            names = ", ".join(missing)
            raise KeyFileError(f"{each.key.name}: no tokenizer is named {names}; there are {', '.join(found)}")
    if idle := [name for name, keys in found.items() if not keys]:
        raise KeyFileError(f"no key goes with the tokenizers {', '.join(idle)}; leave them out")
    return found


def _some(found: list[Registered[Key]], scheme: str) -> tuple[Registered[Key], ...]:
    if not found:
        raise KeyFileError(
            f"there is no key of the scheme {scheme}; add an entry, or name {PUBLISHED!r} among the keys"
        )
    return tuple(found)


def _entries(sources: Sequence[str]) -> list[tuple[str, _SynthID | _Green]]:
    entries = [(source, entry) for source in dict.fromkeys(sources) for entry in _parsed(source)]
    twice = sorted(name for name, count in Counter(entry.id for _, entry in entries).items() if count > 1)
    if twice:
        raise KeyFileError(
            f"the ids {', '.join(twice)} stand twice in {', '.join(sources)}; evidence must name one key"
        )
    return entries


def _parsed(source: str) -> tuple[_SynthID | _Green, ...]:
    try:
        if source == PUBLISHED:
            data = files(__package__).joinpath("published_keys.yaml").read_bytes()
        else:
            with Path(source).open("rb") as stream:
                data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise KeyFileError(f"{source}: cannot be read ({error.strerror}); name a YAML file of keys") from error
    if len(data) > MAX_FILE_BYTES:
        raise KeyFileError(f"{source}: is longer than {MAX_FILE_BYTES} bytes; is it the file you meant?")
    try:
        return TypeAdapter(_File).validate_python(yaml.safe_load(data)).keys
    except ValidationError as error:
        raise KeyFileError(f"{source}: {_problems(error)}") from None  # the error holds what it was given
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f", line {error.problem_mark.line + 1}"
        raise KeyFileError(f"{source}{line}: is not YAML") from None  # the error quotes the line
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        raise KeyFileError(f"{source}: is not YAML") from None


def _problems(error: ValidationError) -> str:
    """Where and what, in words that hold nothing of the file but names of fields and places in lists."""
    found = error.errors(include_url=False, include_input=False)[:5]
    return "; ".join(f"{_place(each['loc'])}: {_WORDS.get(each['type'], each['msg'])}" for each in found)


_WORDS = {"union_tag_invalid": "the scheme is neither synthid-text nor green-list"}  # pydantic's words quote the input


def _place(location: tuple[int | str, ...]) -> str:
    shown = []
    for before, part in zip((None, *location), location, strict=False):
        if before == "keys" and isinstance(part, int):
            shown.append(f"number {part + 1}")
        elif part in _FIELDS:
            shown.append(str(part))
        elif part not in {"synthid-text", "green-list"}:  # the scheme, by which pydantic tells entries apart
            shown.append("a field that no entry has")
    return ", ".join(shown) or "the file"


def _table(where: str, entry: _SynthID) -> NDArray[np.uint8]:
    """A sampling table of another generator: 65,536 bits, the first in the highest bit of the first byte."""
    path = Path(where).parent / (entry.table or "")
    try:
        with path.open("rb") as stream:
            data = stream.read(TABLE_SIZE // 8 + 1)
    except OSError as error:
        raise KeyFileError(f"{where}: {entry.id}: the table cannot be read ({error.strerror})") from error
    if len(data) != TABLE_SIZE // 8:
        raise KeyFileError(f"{where}: {entry.id}: the table must have {TABLE_SIZE // 8} bytes, one bit a state")
    return np.unpackbits(np.frombuffer(data, np.uint8))
