"""What the detectors of C2PA share: the column `prov_c2pa`, exhibits to decide again from, and who verified."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import pyarrow as pa

from lowbackground.detectors.contract import Exhibit
from lowbackground.manifests.certificates import to_pem
from lowbackground.manifests.credential import CREDENTIAL_TYPE, Credential
from lowbackground.manifests.digest import canonical_json
from lowbackground.manifests.verify import Verified

COLUMN = "prov_c2pa"
COLUMNS = pa.schema([pa.field(COLUMN, CREDENTIAL_TYPE)])
_DROPPED = frozenset({"validationTime", "ocspVals"})  # the clock, and kilobytes of responses that nobody reads again


def verifiers() -> str:
    """The libraries whose versions can change an answer, for the version of a detector."""
    return f"c2pa-python {version('c2pa-python')}, encypher-c2pa {version('encypher-c2pa')}"


def credential_column(credentials: Sequence[Credential | None]) -> pa.Array:
    """The column of a batch, a value a row; null where there is no manifest."""
    if not any(credentials):
        return pa.nulls(len(credentials), CREDENTIAL_TYPE)
    return pa.array([None if one is None else _struct(one) for one in credentials], CREDENTIAL_TYPE)


def _struct(credential: Credential) -> dict[str, Any]:
    return {name: getattr(credential, name) for name in Credential.__annotations__}


def exhibits_of(row: int, found: Verified, max_crjson: int) -> Iterator[Exhibit]:
    """Manifest store, conformance JSON (up to `max_crjson` bytes) and certificate chain of a signed row."""
    if found.store:
        yield Exhibit(row, "manifest_store", found.store)
    if found.crjson and len(crjson := canonical_json(_without_clock(found.crjson))) <= max_crjson:
        yield Exhibit(row, "crjson", crjson)
    if found.chain:
        yield Exhibit(row, "chain", to_pem(found.chain))


def _without_clock(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_clock(inner) for key, inner in value.items() if key not in _DROPPED}
    if isinstance(value, list):
        return [_without_clock(inner) for inner in value]
    return value
