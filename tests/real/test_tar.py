"""Real WebDataset archives: every member is accounted for, and rows are what the standard library finds."""

import gzip
import tarfile
from collections import Counter
from pathlib import Path, PurePosixPath

import pytest

from lowbackground.pipeline.config import Read
from lowbackground.pipeline.inputs.discover import discover
from lowbackground.pipeline.units import Format
from tests.reading import in_slices, seen

pytestmark = pytest.mark.real


@pytest.mark.parametrize("name", ["compressed.tar", "mpdata.tar", "tendata.tar"])
def test_rows_are_the_texts_that_the_standard_library_finds(shared: Path, name: str) -> None:
    ((format_, file),) = discover([str(shared / "tar" / "testdata" / name)], Read()).files
    found = seen(format_, file)
    with tarfile.open(file.uri) as tar:
        members = [member for member in tar if member.isreg()]
        texts = [member for member in members if member.name.endswith(".txt.gz")]
        contents = [gzip.decompress(tar.extractfile(member).read()).decode() for member in texts]  # type: ignore[union-attr]
    others = Counter(PurePosixPath(member.name).suffix for member in members if member not in texts)

    assert format_ is Format.TAR
    assert found.broken is None
    assert contents == found.column("text")
    assert [member.offset for member in texts] == found.column("offset")
    assert [member.name.partition(".")[0] for member in texts] == found.column("id")
    assert {"unknown-type": others.total()} == found.skipped or not others
    assert others.keys() <= {".ten", ".mp"}
    assert len(members) == found.read
    assert found.rows == in_slices(format_, file, 20_000).rows
