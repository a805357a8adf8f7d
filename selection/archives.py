"""Zip archives from untrusted sources: sizes are checked before unpacking, and arrays are plain numbers."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from evaluation.errors import ModelFileError

MOST_BYTES = 400_000_000
"""Maximum unpacked size of all members together, and maximum size of the file, in bytes."""
MOST_MEMBERS = 20_000
MOST_UNCHECKED = 1_000_000
MOST_TIMES = 100
"""Maximum compression ratio of a member larger than a megabyte; zip reaches about 1,030 on zeros."""
TRAIN_AGAIN = "No code in it was run. Train a new model with `benchwright retrain`, or give another file."
_PICKLE = re.compile(rb"\x80[\x00-\x08]|c[\w.]+\n[\w.]+\n|\((?:l|d|i)|[\]}](?:q|\x94|\()")
"""First bytes of a pickle, of any protocol."""
_DTYPES = frozenset({"<f4", "<f8", "<i4", "<i8", "<u8", "|u1"})
_UNREADABLE = (
    ValueError,
    KeyError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    OverflowError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    SyntaxError,
)


def packed_archive(members: Mapping[str, bytes], *, is_packed: bool = True) -> bytes:
    """Return a zip of these members; equal members give equal bytes."""
    written = io.BytesIO()
    kind = zipfile.ZIP_DEFLATED if is_packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(written, "w", kind) as archive:
        for name, content in members.items():
            about = zipfile.ZipInfo(name)
            about.compress_type = zipfile.ZIP_STORED if _packs_too_well(content) else kind
            archive.writestr(about, content)
    return written.getvalue()


def _packs_too_well(content: bytes) -> bool:
    """Return whether a reader would reject the packed member as a zip bomb."""
    return len(content) > MOST_UNCHECKED and len(content) > MOST_TIMES * len(zlib.compress(content)) / 2


def read_archive(data: bytes, what: str) -> dict[str, bytes]:
    """Return the members of a zip.

    Args:
        data: The archive.
        what: Its name in errors.

    Raises:
        ModelFileError: it is not a zip, is damaged, or would be too large.
    """
    _must_be_zip(data, what)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _must_be_small(members, what)
            return {member.filename: archive.read(member) for member in members}
    except _UNREADABLE as error:
        raise ModelFileError(f"{what} is damaged or cut off: {_error_text(error)}", TRAIN_AGAIN) from error


def _must_be_zip(data: bytes, what: str) -> None:
    if len(data) > MOST_BYTES:
        raise ModelFileError(f"{what} has {len(data)} bytes; at most {MOST_BYTES} are read", TRAIN_AGAIN)
    if _PICKLE.match(data):
        raise ModelFileError(f"{what} is a Python pickle, which runs code when it is read", TRAIN_AGAIN)
    if data[:4] != b"PK\x03\x04":
        beginning = repr(bytes(data[:12]))[1:] if data else "nothing"
        raise ModelFileError(f"{what} is not a selection model archive: it starts with {beginning}", TRAIN_AGAIN)


def _must_be_small(members: list[zipfile.ZipInfo], what: str) -> None:
    if len(members) > MOST_MEMBERS:
        raise ModelFileError(f"{what} has {len(members)} members; at most {MOST_MEMBERS} are read", TRAIN_AGAIN)
    if len({member.filename for member in members}) < len(members):
        raise ModelFileError(f"{what} has two members of the same name", TRAIN_AGAIN)
    total = sum(member.file_size for member in members)
    if total > MOST_BYTES:
        raise ModelFileError(f"{what} unpacks to {total} bytes; at most {MOST_BYTES} are read", TRAIN_AGAIN)
    for member in members:
        if member.file_size > MOST_UNCHECKED and member.file_size > MOST_TIMES * max(member.compress_size, 1):
            raise ModelFileError(
                f"{what} holds {member.filename!r}, which unpacks to {member.file_size} bytes from"
                f" {member.compress_size}",
                TRAIN_AGAIN,
            )


def _error_text(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def written_array(array: NDArray[Any]) -> bytes:
    """Return the array as a `.npy` file."""
    written = io.BytesIO()
    npy.write_array(written, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    return written.getvalue()


def read_array(data: bytes, what: str, *, may_be_records: bool = False, must_be_finite: bool = True) -> NDArray[Any]:
    """Return the numbers of a `.npy` file.

    Args:
        data: The file.
        what: Its name in errors.
        may_be_records: Allow records of numbers too, as scikit-learn stores the nodes of a tree.
        must_be_finite: Refuse NaN and infinity.

    Raises:
        ModelFileError: it holds something else, contradicts its header, or has values that are no numbers.
    """
    source = io.BytesIO(data)
    try:
        version = npy.read_magic(source)
        if version != (1, 0):
            raise ValueError(f"version {version} of the array format")
        shape, is_fortran, dtype = npy.read_array_header_1_0(source)
    except _UNREADABLE as error:
        raise ModelFileError(f"{what} is not an array: {_error_text(error)}", TRAIN_AGAIN) from error
    if dtype.hasobject or not (dtype.str in _DTYPES or (may_be_records and dtype.names)):
        kind = "Python objects, a pickle" if dtype.hasobject else f"values of type {dtype.str!r}"
        raise ModelFileError(f"{what} holds {kind}; only numbers are read", TRAIN_AGAIN)
    content = data[source.tell() :]
    size = dtype.itemsize
    for length in shape:
        size *= max(int(length), 0)
    if size != len(content):
        raise ModelFileError(f"{what} has {len(content)} bytes for a shape of {shape}: expected {size}", TRAIN_AGAIN)
    array = np.frombuffer(content, dtype=dtype).reshape(shape, order="F" if is_fortran else "C")
    if must_be_finite and array.dtype.kind == "f" and not (np.abs(array) < 1e30).all():
        raise ModelFileError(f"{what} holds values that are not finite numbers", TRAIN_AGAIN)
    return array
