"""Which column of a table plays which part, told from its schema and the configuration before a row is read."""

from collections.abc import Callable
from collections.abc import Mapping as Values
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from lowbackground.pipeline.config import Mapping, Read
from lowbackground.pipeline.errors import ConfigError

PREFIX = "prov_"
_SHOWN_NAMES, _SHOWN_NAME = 20, 60  # columns in an error, and letters of each
# img2dataset writes all of these; the last is null where it was told to leave the bytes alone (its resizer.py).
REENCODED_COLUMNS = ("key", "status", "original_height", "original_width")


@dataclass(frozen=True, slots=True)
class Roles:
    """The columns of a table that play a part; null where none does.

    `raw_field` is the field of a struct that holds the bytes (Image and Audio of `datasets`), null where `raw` is
    plain. `reencoded_by` is a column that is not null where a tool encoded the media anew. `unmapped_media` says that
    the table holds media which nobody mapped; `unmapped_bytes` are plain columns that may.
    """

    text: str | None = None
    raw: str | None = None
    raw_field: str | None = None
    url: str | None = None
    id: str | None = None
    captured_at: str | None = None
    reencoded_by: str | None = None
    unmapped_media: bool = False
    unmapped_bytes: tuple[str, ...] = ()


def checked_names(schema: pa.Schema) -> pa.Schema:
    """The schema itself.

    Raises:
        UnicodeDecodeError: the name of a column, or of a field inside one, is no UTF-8.
    """
    fields = list(schema)
    while fields:
        field = fields.pop()
        field.name.encode()  # asking for the name is what raises
        fields += [field.type.field(index) for index in range(field.type.num_fields)]
    return schema


def check_mapping(columns: Mapping) -> None:
    """Refuse a mapping that cannot be meant.

    Raises:
        ConfigError: see the message.
    """
    if columns.captured_at is not None and columns.captured_at_kind != "captured":
        raise ConfigError(
            f"read.columns.captured_at: {columns.captured_at!r} counts only if somebody else recorded the time of "
            "capture; say so with captured_at_kind: captured, or leave it out"
        )
    strings = {columns.text, columns.url, columns.id} - {None}
    for part, name in (("raw", columns.raw), ("captured_at", columns.captured_at)):
        others = strings | ({columns.captured_at} if part == "raw" else {columns.raw})
        if name is not None and name in others:
            raise ConfigError(f"read.columns: {name!r} is mapped to {part} and to another part; it can be but one")


def was_reencoded(values: Values[str, Any]) -> bool:
    """Whether a row of metadata says that img2dataset encoded the media anew."""
    return values.get(REENCODED_COLUMNS[-1]) is not None and all(name in values for name in REENCODED_COLUMNS)


def passthrough_schema(schema: pa.Schema, where: str, settings: Read) -> pa.Schema:
    """The user's columns of a table as they are written.

    Raises:
        ConfigError: a name is there twice, a `prov_` column is there, a mapped column is missing or has a type that does
            not fit, or nothing here could be judged.
    """
    ours = [name for name in schema.names if name.startswith(PREFIX)]
    if ours and not settings.replace_prov:
        raise ConfigError(
            f"{where}: already has the columns {', '.join(ours[:3])}{' ...' if len(ours) > 3 else ''} of an earlier "
            "run; --replace-prov drops and computes them anew"
        )
    own = [field for field in schema if not field.name.startswith(PREFIX)]
    twice = sorted({field.name for field in own if schema.names.count(field.name) > 1})
    if twice:
        raise ConfigError(f"{where}: has more than one column named {twice[0]!r}; rename one of them")
    written = pa.schema([pa.field(field.name, written_type(field.type)) for field in own])
    roles = roles_of(written, where, settings)
    if own:
        _check_present(written, where, settings.columns, roles)
    return written


def _check_present(schema: pa.Schema, where: str, columns: Mapping, roles: Roles) -> None:
    """Refuse a table without the columns that were asked for, or with nothing to judge: all of it would be kept unseen."""
    usual = Mapping()
    for part in ("text", "raw", "url", "id", "captured_at"):
        name = getattr(columns, part)
        if name != getattr(usual, part) and name is not None and name not in schema.names:
            raise ConfigError(
                f"{where}: has no column {name!r}, which is mapped to {part}; it has {listed(schema)}. Mend the name, or "
                "filter inputs with other columns in a run of their own"
            )
    if roles.text is None and roles.raw is None and (columns.text is not None or columns.raw is not None):
        missing = " or ".join(repr(name) for name in (columns.text, columns.raw) if name is not None)
        raise ConfigError(
            f"{where}: has no column {missing}, so nothing in it could be judged; it has {listed(schema)}. Name the text "
            "with --text NAME, or media with --set read.columns.raw=NAME"
        )


def listed(schema: pa.Schema) -> str:
    """The columns of a table for an error: names are content, and there may be thousands."""
    names = [f"{field.name[:_SHOWN_NAME]} ({_kind(field.type)})" for field in schema]
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return ", ".join(names[:_SHOWN_NAMES]) + more


def _kind(type_: pa.DataType) -> str:
    return "media struct" if is_media_struct(type_) else str(type_).partition("<")[0]


def written_type(type_: pa.DataType) -> pa.DataType:
    """The type in which a user's column passes through: strings and binaries in their large form, extensions as stored."""
    if isinstance(type_, pa.BaseExtensionType):
        return written_type(type_.storage_type)
    if pa.types.is_dictionary(type_) and pa.types.is_large_string(written_type(type_.value_type)):
        return pa.large_string()  # dictionaries are how strings are stored, and each file has its own
    if pa.types.is_string(type_) or pa.types.is_string_view(type_):
        return pa.large_string()
    if pa.types.is_binary(type_) or pa.types.is_binary_view(type_):
        return pa.large_binary()
    return type_


def roles_of(schema: pa.Schema, where: str, settings: Read) -> Roles:
    """Who plays which part in a table of this (written) schema.

    Raises:
        ConfigError: a mapped column has a type that does not fit.
    """
    columns = settings.columns
    check_mapping(columns)
    media = [field.name for field in schema if is_media_struct(field.type)]
    raw = _present(columns.raw, schema)
    if raw is None and columns.raw == Mapping().raw and len(media) == 1:
        raw = media[0]
    reencoded = all(name in schema.names for name in REENCODED_COLUMNS)
    roles = Roles(
        text=_present(columns.text, schema),
        raw=raw,
        raw_field="bytes" if raw in media else None,
        url=_present(columns.url, schema),
        id=_present(columns.id, schema),
        captured_at=_present(columns.captured_at, schema),
        reencoded_by=REENCODED_COLUMNS[-1] if reencoded else None,
        unmapped_media=bool(media) and raw is None,
        unmapped_bytes=tuple(field.name for field in schema if pa.types.is_large_binary(field.type))
        if raw is None
        else (),
    )
    _expect(schema, where, "text", roles.text, "a string", _is_string)
    _expect(schema, where, "raw", roles.raw, "binary, or a struct {bytes, path}", _is_raw)
    _expect(schema, where, "url", roles.url, "a string", _is_string)
    _expect(schema, where, "id", roles.id, "a string or a number", _is_id)
    _expect(schema, where, "captured_at", roles.captured_at, "a time, a date or a string", _is_time)
    return roles


def _present(name: str | None, schema: pa.Schema) -> str | None:
    return name if name is not None and name in schema.names else None


def _expect(
    schema: pa.Schema, where: str, part: str, name: str | None, expected: str, fits: Callable[[pa.DataType], bool]
) -> None:
    """Refuse a column whose type cannot play its part; one that is null throughout fits anything."""
    if name is None:
        return
    type_ = schema.field(name).type
    if not pa.types.is_null(type_) and not fits(type_):
        raise ConfigError(
            f"{where}: column {name!r}, mapped to {part}, is {type_}, expected {expected}; map another column with "
            f"read.columns.{part}, or null to do without"
        )


def _is_string(type_: pa.DataType) -> bool:
    return bool(pa.types.is_large_string(type_))


def _is_raw(type_: pa.DataType) -> bool:
    return pa.types.is_large_binary(type_) or pa.types.is_fixed_size_binary(type_) or is_media_struct(type_)


def is_media_struct(type_: pa.DataType) -> bool:
    """Whether it is what `datasets` stores for Image, Audio and Video: a struct of bytes and path."""
    if not pa.types.is_struct(type_) or {field.name for field in type_} != {"bytes", "path"}:
        return False
    return any(test(type_.field("bytes").type) for test in (pa.types.is_binary, pa.types.is_large_binary))


def _is_id(type_: pa.DataType) -> bool:
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return _is_string(type_) or any(test(type_) for test in tests)


def _is_time(type_: pa.DataType) -> bool:
    return _is_string(type_) or pa.types.is_timestamp(type_) or pa.types.is_date(type_)
