"""The trailer of Samsung's phones and editors, behind a JPEG or in the box `sefd` of a HEIC or MP4.

Blocks, then a directory `SEFH` with the distance of each block from it, the length of the directory, and `SEFT`; as
ExifTool's lib/Image/ExifTool/Samsung.pm reads it.
"""

import struct

from lowbackground.manifests.metadata.fields import Data, Gathering, piece, text_of

MAX_ENTRIES = 200  # phones write under 20
MAX_NAME = 100
_NAMES = frozenset(("PhotoEditor_Re_Edit_Data",))  # blocks that say how a picture was edited


def read_trailer(data: Data, end: int, out: Gathering, place: str) -> None:
    """Gather the blocks that say how a picture was edited, of the trailer that ends at `end`."""
    if end < 24 or bytes(data[end - 4 : end]) != b"SEFT":
        return
    with out.damage():
        directory = end - 8 - struct.unpack_from("<I", data, end - 8)[0]
        if directory < 0 or bytes(data[directory : directory + 4]) != b"SEFH":
            return
        count = min(struct.unpack_from("<I", data, directory + 8)[0], MAX_ENTRIES)
        for index in range(count):
            back, length = struct.unpack_from("<II", data, directory + 12 + 12 * index + 4)
            if 8 <= back <= directory:
                _block(data, directory - back, min(directory - back + length, directory), out, place)


def _block(data: Data, at: int, end: int, out: Gathering, place: str) -> None:
    """A block: its type (4 bytes), the length of its name, the name, the contents."""
    length = struct.unpack_from("<I", data, at + 4)[0]
    if length > MAX_NAME or at + 8 + length > end:
        return
    name = bytes(data[at + 8 : at + 8 + length]).decode("latin-1")
    if name in _NAMES:
        out.add(f"samsung:{name}", text_of(piece(data, at + 8 + length, end)), place, at)
