"""Archives of arrays (npz) that are larger than memory: written from columns that wait on disk, and read from
an array that is unpacked onto the disk when it is first asked for."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from isthmus.atomic_files import atomic_file

PIECE = 1 << 20
"""Bytes copied at a time."""


class Column:
    """An array [rows, ...] that grows at its end, in a file without a name, which goes with the process.

    Args:
        dtype: of its values.
        folder: of the file.
    """

    def __init__(self, dtype: npt.DTypeLike, folder: Path) -> None:
        self._dtype = np.dtype(dtype)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (``close``)
        self._rows, self._width = 0, tuple[int, ...]()

    def append(self, values: npt.NDArray[Any]) -> None:
        """Add rows; all of them are as wide."""
        self._rows, self._width = self._rows + len(values), values.shape[1:]
        self._file.write(np.ascontiguousarray(values, self._dtype).data)

    def close(self) -> None:
        """Give the file up."""
        self._file.close()

    def write(self, member: IO[bytes]) -> None:
        """Write what ``numpy.save`` writes."""
        described = {
            "descr": self._dtype.str,
            "fortran_order": False,
            "shape": (self._rows, *self._width),
        }
        np.lib.format.write_array_header_1_0(member, described)  # type: ignore[no-untyped-call]
        self._file.seek(0)
        shutil.copyfileobj(self._file, member, PIECE)


def write_archive(path: Path, arrays: Mapping[str, npt.NDArray[Any] | Column]) -> None:
    """Write what ``numpy.savez_compressed`` writes, aside and renamed."""
    with atomic_file(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                if isinstance(array, Column):
                    array.write(member)
                else:
                    np.lib.format.write_array(member, array, allow_pickle=False)  # type: ignore[no-untyped-call]


class PackedArray:
    """An array of an archive, to be read by its rows.

    The first rows that are read unpack it onto the disk, into a file without a name that is mapped into
    memory; its shape alone does not.

    Args:
        path: of the archive.
        name: of the array.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._member = path, f"{name}.npy"
        with zipfile.ZipFile(path) as archive, archive.open(self._member) as member:
            self.shape, self._dtype = _header(member)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Any) -> npt.NDArray[Any]:
        found: npt.NDArray[Any] = self._mapped[rows]
        return found

    def __array__(self, dtype: npt.DTypeLike = None) -> npt.NDArray[Any]:
        return np.asarray(self._mapped, dtype)

    @cached_property
    def _mapped(self) -> npt.NDArray[Any]:
        with (
            zipfile.ZipFile(self._path) as archive,
            archive.open(self._member) as member,
            tempfile.TemporaryFile() as file,
        ):
            _header(member)
            shutil.copyfileobj(member, file, PIECE)
            file.flush()
            if not len(self):
                return np.zeros(self.shape, self._dtype)
            return np.memmap(file, self._dtype, "r", shape=self.shape)


def _header(member: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    if np.lib.format.read_magic(member) != (1, 0):  # type: ignore[no-untyped-call]
        raise ValueError("its format of arrays is not 1.0")
    shape, by_column, dtype = np.lib.format.read_array_header_1_0(member)  # type: ignore[no-untyped-call]
    if by_column or dtype.hasobject:
        raise ValueError("an array of it is not in the order of rows")
    return shape, dtype
