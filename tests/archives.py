"""Builders of tar archives."""

import tarfile
from collections.abc import Iterable
from io import BytesIO

Member = tuple[str, bytes] | tarfile.TarInfo

JPEG = b"\xff\xd8\xff\xe0 a picture"
PNG = b"\x89PNG\r\n\x1a\n another picture"


def archive(members: Iterable[Member], format_: int = tarfile.USTAR_FORMAT) -> bytes:
    """A tar archive of `(name, content)` and of entries without content."""
    sink = BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=format_) as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, BytesIO(member[1]))
    return sink.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    """A link, device, pipe or folder."""
    info = tarfile.TarInfo(name)
    info.type = kind
    info.linkname = target
    return info
