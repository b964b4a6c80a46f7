"""The walk against c2pa-rs over real files, and what real stores measure."""

import io
from pathlib import Path

import pytest

from lowbackground.manifests.jumbf import MAX_ASSERTIONS, MAX_MANIFESTS, measure
from lowbackground.manifests.precheck import READER_FORMAT, precheck, refusal, store_of
from lowbackground.manifests.sniff import sniff

pytestmark = pytest.mark.real


def answers(shared: Path) -> list[tuple[Path, bytes, str]]:
    """Each file, its bytes, and what c2pa-rs says: `manifest`, `remote`, `none` or the kind of its error."""
    from c2pa import C2paError, Context, Reader

    found = []
    with Context.from_dict({"verify": {"verify_after_reading": False, "remote_manifest_fetch": False}}) as context:
        for path in sorted((shared / "c2pa").rglob("*")):
            if not path.is_file():
                continue
            data = path.read_bytes()
            container = precheck(data).container
            format_ = READER_FORMAT.get(container or "", sniff(data) or "")
            try:
                with Reader(format_, io.BytesIO(data), context=context):
                    answer = "manifest"
            except C2paError.ManifestNotFound:
                answer = "none"
            except C2paError as error:
                answer = "remote" if str(error).startswith("Remote") else str(error).partition(":")[0]
            found.append((path, data, answer))
    return found


@pytest.fixture(scope="module")
def checked(shared: Path) -> list[tuple[Path, bytes, str]]:
    return answers(shared)


def test_whatever_c2pa_rs_reads_is_possible(checked: list[tuple[Path, bytes, str]]) -> None:
    missed = [
        path.name
        for path, data, answer in checked
        if (answer == "manifest" and precheck(data).manifest == "absent")
        or (answer == "remote" and precheck(data).remote == "absent")
    ]
    assert sum(answer == "manifest" for _, _, answer in checked) > 90
    assert not missed


def test_few_files_are_possible_in_vain(checked: list[tuple[Path, bytes, str]]) -> None:
    vain = [path.name for path, data, answer in checked if answer == "none" and precheck(data).manifest == "possible"]
    assert vain == ["basic-password.pdf", "basic-signed.pdf"]  # encrypted: their object streams cannot be looked into


def test_every_real_store_is_found_and_far_below_the_caps(checked: list[tuple[Path, bytes, str]]) -> None:
    shapes = []
    for path, data, answer in checked:
        if answer != "manifest":
            continue
        found = precheck(data)
        store = store_of(data, found)
        assert store is not None, path
        assert len(store) == found.store_bytes, path
        assert refusal(data, found) is None, path
        shapes.append(measure(store))
    assert not any(shape.irregular for shape in shapes)
    assert max(shape.size for shape in shapes) == 1_559_198
    assert max(shape.manifests for shape in shapes) < MAX_MANIFESTS / 10
    assert max(shape.assertions for shape in shapes) < MAX_ASSERTIONS / 10
