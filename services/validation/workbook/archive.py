"""A zip's parts, inflated only as far as the limits allow, whatever its directory claims."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping

from services.validation.workbook.sheet import (
    OversizedWorkbook,
    ProtectedWorkbook,
    UnreadableWorkbook,
)

LARGEST_PART = 128_000_000
LARGEST_PACKAGE = 256_000_000
MOST_PARTS = 2_000
_CHUNK = 1 << 20
_HIGHEST_RATIO = 1032
"""Deflate can't make more than this of one byte."""
_LOCAL_HEADER = 30
_ENCRYPTED = 1


class UnreadPart(ValueError):
    """A part of a workbook can't be read; the others can."""


class OversizedPart(UnreadPart):
    """A part inflates to more than is read."""


class Archive:
    """The parts of a zip by their paths, which are compared without case as spreadsheet programs do; some write `\\`.

    Raises UnreadableWorkbook for what is no zip or has too many parts, ProtectedWorkbook for an
    encrypted one.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as file:
                entries = file.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, OSError) as error:
            raise UnreadableWorkbook(f"not a zip: {error}") from None
        if len(entries) > MOST_PARTS:
            raise UnreadableWorkbook(f"{len(entries)} parts are more than {MOST_PARTS}")
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise ProtectedWorkbook("a part is encrypted")
        self._entries = {_path(entry.filename): entry for entry in entries}
        if len(self._entries) < len(entries):
            raise UnreadableWorkbook("two parts have one name")
        self._read: dict[str, int] = {}

    def __contains__(self, path: str) -> bool:
        return path.lower() in self._entries

    @property
    def paths(self) -> list[str]:
        """The paths of all parts, in lower case."""
        return list(self._entries)

    def read(self, path: str) -> bytes:
        """A part inflated; raises UnreadPart where there is none, or it is broken or too large."""
        chunks = list(self._inflated(path))
        self._read[path.lower()] = sum(map(len, chunks))
        if sum(self._read.values()) > LARGEST_PACKAGE:
            raise OversizedPart(f"all parts unpack to more than {LARGEST_PACKAGE} bytes")
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def with_parts(self, parts: Mapping[str, bytes]) -> bytes:
        """A zip of the same parts, not packed, with others in place of some; what is broken is left out.

        Raises OversizedWorkbook where they inflate to too much.
        """
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as file:
            for path, entry in self._entries.items():
                try:
                    part = parts.get(path) or self.read(path)
                except OversizedPart as error:
                    raise OversizedWorkbook(str(error)) from None
                except UnreadPart:
                    continue
                file.writestr(entry.filename.replace("\\", "/"), part)
        return buffer.getvalue()

    def bound(self, paths: Iterable[str]) -> None:
        """Raises OversizedWorkbook where these parts and those read before inflate to too much.

        Most can't by their packed size alone; the others are inflated to see.
        """
        known = [path for path in paths if path in self]
        packed = sum(self._entries[path.lower()].compress_size for path in known)
        if packed * _HIGHEST_RATIO <= LARGEST_PART:
            return
        total = sum(self._read.values())
        for path in known:
            try:
                for chunk in self._inflated(path):
                    total += len(chunk)
                    if total > LARGEST_PACKAGE:
                        raise OversizedWorkbook(f"unpacks to more than {LARGEST_PACKAGE} bytes")
            except OversizedPart as error:
                raise OversizedWorkbook(str(error)) from None
            except UnreadPart:
                # Whoever needs it will say so.
                continue

    def _inflated(self, path: str) -> Iterator[bytes]:
        entry = self._entries.get(path.lower())
        if entry is None:
            raise UnreadPart(f"there is no {path}")
        packed = self._packed(entry)
        if entry.compress_type == zipfile.ZIP_STORED:
            if len(packed) > LARGEST_PART:
                raise OversizedPart(f"{path} is too large")
            yield bytes(packed)
            return
        if entry.compress_type != zipfile.ZIP_DEFLATED:
            raise UnreadPart(f"{path} is packed in another way than deflate")
        yield from _deflated(path, packed, entry.file_size)

    def _packed(self, entry: zipfile.ZipInfo) -> memoryview:
        """The packed bytes of an entry, whose local header says where they begin."""
        start = entry.header_offset
        header = self._content[start : start + _LOCAL_HEADER]
        if len(header) < _LOCAL_HEADER:
            raise UnreadPart(f"{entry.filename} lies outside the file")
        name, extra = struct.unpack_from("<HH", header, 26)
        first = start + _LOCAL_HEADER + name + extra
        return memoryview(self._content)[first : first + entry.compress_size]


def _path(name: str) -> str:
    return name.lower().replace("\\", "/").lstrip("/")


def _deflated(path: str, packed: memoryview, declared: int) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    first = min(max(declared, 1) + 1, LARGEST_PART)
    total = 0
    rest: bytes | memoryview = packed
    try:
        while not inflater.eof:
            chunk = inflater.decompress(rest, _CHUNK if total else first)
            if not chunk and not inflater.unconsumed_tail:
                break
            total += len(chunk)
            if total > LARGEST_PART:
                raise OversizedPart(f"{path} unpacks to more than {LARGEST_PART} bytes")
            rest = inflater.unconsumed_tail
            yield chunk
    except zlib.error:
        raise UnreadPart(f"{path} is broken") from None
