"""A random part in each object: a hash of it stands in events, which many read, and betrays no figure by trying some.

Each kind of object has a part of its own, so that who may read one learns nothing of another's.
"""

from __future__ import annotations

import hmac
import io
import zipfile
from collections.abc import Callable, Mapping

FOOTER = 8
"""A Parquet file ends with its footer, the footer's length in four bytes, and a word of four."""


def salted(kind: str, content: bytes, salt: bytes) -> bytes:
    """The object with a part that follows from the attempt's salt, for its readers the same; raises KeyError.

    Without a salt, as beside a person who sees the content anyway, it stays as it is.
    """
    return _WRITERS[kind](content, hmac.digest(salt, kind.encode(), "sha256")) if salt else content


def _json(content: bytes, part: bytes) -> bytes:
    """As the first member of the object."""
    return b'{"salt":"%b",%b' % (part.hex().encode(), content.removeprefix(b"{"))


def _parquet(content: bytes, part: bytes) -> bytes:
    """Between the last column and the footer, which says where the columns are."""
    length = int.from_bytes(content[-FOOTER:-4], "little")
    end = len(content) - FOOTER - length
    return content[:end] + part + content[end:]


def _workbook(content: bytes, part: bytes) -> bytes:
    """As the comment of the archive."""
    written = io.BytesIO(content)
    with zipfile.ZipFile(written, "a") as archive:
        archive.comment = part.hex().encode()
    return written.getvalue()


_WRITERS: Mapping[str, Callable[[bytes, bytes], bytes]] = {
    "report": _json,
    "cells": _json,
    "observations": _parquet,
    "marked": _workbook,
}
