"""Workbooks that are encrypted with Excel's own password: they open everywhere, and nobody is asked for one.

Excel does so where a workbook's structure is protected and no password to open it was chosen ([MS-OFFCRYPTO] 2.3, the
default password). Nothing is opened here with a password that somebody chose.
"""

import io
import re
import struct
from typing import Final

import msoffcrypto
import olefile
from msoffcrypto.format.xls97 import Xls97File
from msoffcrypto.method.rc4 import DocumentRC4
from msoffcrypto.method.rc4_cryptoapi import DocumentRC4CryptoAPI

PASSWORD: Final = "VelvetSweatshop"
_STREAM = "Workbook"
_FILE_PASS = 0x2F
_BOUND_SHEET = 0x85
_CLEAR = frozenset({0x809, _FILE_PASS, 0x194, 0x195, 0xE1, 0x196, 0x138})
"""Never encrypted ([MS-XLS] 2.2.10): BOF, FilePass, UsrExcl, FileLock, InterfaceHdr, RRDInfo, RRDHead."""
_BLOCK = 1024
_SPINS = re.compile(rb'spinCount="(\d+)"')
_MOST_SPINS = 100_000
"""What Excel takes. Whoever writes more wants the reader to work: each is a hash."""


def opened(content: bytes) -> bytes | None:
    """The workbook as it was before; None where it needs a password that somebody chose, or is broken."""
    try:
        if any(int(spins) > _MOST_SPINS for spins in _SPINS.findall(content)):
            return None
        file = msoffcrypto.OfficeFile(io.BytesIO(content))
        file.load_key(password=PASSWORD)
        if isinstance(file, Xls97File) and file.type != "xor":
            return _old(content, file)
        plain = io.BytesIO()
        file.decrypt(plain)
        return plain.getvalue()
    except Exception:
        # It fails in many ways on bytes that it finds odd.
        return None


def _old(content: bytes, file: Xls97File) -> bytes:
    """An .xls. The library's own way ends at the padding that some programs write behind the last record."""
    document = olefile.OleFileIO(io.BytesIO(content), write_mode=True)
    stream = document.openstream(_STREAM).read()
    source = io.BytesIO(stream)
    if file.type == "rc4":
        plain = DocumentRC4.decrypt(file.key, file.salt, source, blocksize=_BLOCK)
    else:
        plain = DocumentRC4CryptoAPI.decrypt(
            file.key, file.salt, file.keySize, source, blocksize=_BLOCK
        )
    document.write_stream(_STREAM, _records(stream, bytearray(plain.read())))
    document.fp.seek(0)
    found: bytes = document.fp.read()
    return found


def _records(stream: bytes, plain: bytearray) -> bytes:
    """The decrypted stream, with all as it was that is never encrypted; FilePass becomes a record without meaning."""
    at = 0
    while at + 4 <= len(stream):
        number, size = struct.unpack_from("<HH", stream, at)
        clear = size if number in _CLEAR else 4 if number == _BOUND_SHEET else 0
        plain[at : at + 4 + clear] = stream[at : at + 4 + clear]
        if number == _FILE_PASS:
            plain[at : at + 4 + size] = struct.pack("<HH", 0, size) + bytes(size)
        at += 4 + size
    plain[at:] = stream[at:]
    return bytes(plain)
