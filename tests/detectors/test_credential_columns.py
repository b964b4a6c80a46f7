"""The column and the exhibits that the detectors of C2PA share."""

import orjson
import pyarrow as pa

from lowbackground.detectors.credential_columns import COLUMNS, credential_column, exhibits_of, verifiers
from lowbackground.manifests.credential import CREDENTIAL_TYPE, Credential, Integrity
from lowbackground.manifests.verify import Verified


def test_a_batch_without_manifests_has_a_column_of_nulls() -> None:
    column = credential_column([None, None])
    assert (column.type, column.null_count, len(column)) == (CREDENTIAL_TYPE, 2, 2)
    assert COLUMNS.field("prov_c2pa").type == CREDENTIAL_TYPE
    assert credential_column([]).equals(pa.nulls(0, CREDENTIAL_TYPE))


def test_a_credential_is_a_struct_of_its_fields() -> None:
    credential = Credential(status="text", integrity=Integrity.MODIFIED, codes=("a", "b"), manifests=2)
    absent, value = credential_column([None, credential]).to_pylist()
    assert absent is None
    assert (value["status"], value["integrity"], value["codes"], value["manifests"]) == (
        "text",
        "modified",
        ["a", "b"],
        2,
    )


def test_exhibits_hold_what_was_read_without_the_clock_and_within_the_cap() -> None:
    crjson = {
        "manifests": [{"validationResults": {"validationTime": "now", "success": [{"ocspVals": "x", "code": "y"}]}}]
    }
    found = Verified(Credential(status="text"), b"store", crjson)
    store, kept = exhibits_of(3, found, 1000)
    assert (store.row, store.name, store.data) == (3, "manifest_store", b"store")
    assert orjson.loads(kept.data) == {"manifests": [{"validationResults": {"success": [{"code": "y"}]}}]}
    assert [one.name for one in exhibits_of(3, found, 10)] == ["manifest_store"]
    assert list(exhibits_of(3, Verified(Credential(status="broken")), 1000)) == []


def test_versions_of_both_verifiers_are_named() -> None:
    assert verifiers().startswith("c2pa-python ")
    assert "encypher-c2pa " in verifiers()
