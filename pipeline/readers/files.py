"""Reads loose files: pictures, sound, video, PDF, texts and pages, one record a file."""

from collections.abc import Iterator

import pyarrow as pa

from lowbackground.manifests.sniff import sniff
from lowbackground.pipeline.batch import Batch, Unreadable
from lowbackground.pipeline.config import Read
from lowbackground.pipeline.extract import ExtractionError
from lowbackground.pipeline.inputs.locations import is_local, open_binary
from lowbackground.pipeline.readers.documents import DOCUMENT_COLUMNS, Document, Event, Skipped, batches
from lowbackground.pipeline.readers.input_stream import storage_error
from lowbackground.pipeline.readers.payload import HEAD, hint_of, is_media, is_record, no_record, payload_of
from lowbackground.pipeline.units import InputFile, Unit


def schema(file: InputFile, settings: Read) -> pa.Schema:  # noqa: ARG001 (the same for every file; readers share one signature)
    """The columns of a source that has none of its own."""
    return DOCUMENT_COLUMNS


def slices(file: InputFile, unit_bytes: int) -> list[tuple[int, int]]:  # noqa: ARG001 (as above)
    """A file is one record and never cut."""
    return [(0, -1)]


def read(unit: Unit, settings: Read) -> Iterator[Batch]:
    """A row a file; a file that cannot be read is an `Unreadable` and the next one is read.

    Raises:
        StorageError: a store failed, which is no fact about the one file.
    """
    return batches((_event(file, settings) for file in unit.files), settings)


def _event(file: InputFile, settings: Read) -> Event:
    id_ = file.id or file.source
    hint = hint_of(file.source)
    try:
        with open_binary(file.uri) as stream:
            raw = stream.read(HEAD)
            if not is_record(first := sniff(raw, hint)):
                return Skipped(no_record(first) if raw else "empty")
            raw += stream.read(max(0, settings.max_media_bytes + 1 - len(raw)))
    except OSError as error:
        _check_store(file, file.uri, error)
        return Unreadable(id_, file.source, 0, _reason(error), str(error)[:200] or type(error).__name__)
    if len(raw) > settings.max_media_bytes:
        detail = f"larger than read.max_media_bytes, {settings.max_media_bytes}"
        return Unreadable(id_, file.source, 0, "too-large", detail)
    try:
        payload = payload_of(raw, hint, settings)
    except ExtractionError as error:
        return Unreadable(id_, file.source, 0, "parse-failed", str(error))
    if isinstance(payload, str):  # what the head promised, the whole does not keep
        return Skipped(payload)
    notes = list(payload.said.notes)
    return Document(
        id=id_,
        source=file.source,
        offset=0,
        raw=payload.raw,
        media_type=payload.media_type,
        text=payload.said.text,
        title=payload.said.title,
        language=payload.said.language,
        sidecar=_sidecar(file, settings, notes) if is_media(payload.media_type) else None,
        truncated=payload.said.truncated,
        notes=notes,
    )


def _sidecar(file: InputFile, settings: Read, notes: list[str]) -> bytes | None:
    if file.sidecar is None:
        return None
    try:
        with open_binary(file.sidecar) as stream:
            store = stream.read(settings.max_media_bytes + 1)
    except OSError as error:
        _check_store(file, file.sidecar, error)
        notes.append("sidecar-unreadable")
        return None
    if len(store) > settings.max_media_bytes:
        notes.append("sidecar-unreadable")
        return None
    return store


def _check_store(file: InputFile, location: str, error: OSError) -> None:
    """Tell a file that nobody can read from a store that gives none now: the others of its unit would go the same way.

    Raises:
        StorageError: it is the store.
    """
    if not is_local(location) and not isinstance(error, FileNotFoundError | PermissionError):
        raise storage_error(file, "cannot be read", error) from error


def _reason(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "permission-denied"
    return "vanished" if isinstance(error, FileNotFoundError) else "cannot-be-read"
