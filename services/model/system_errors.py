"""Why something failed, in both languages: the system's own words are English alone."""

from __future__ import annotations

import errno

from services.model.messages import texts
from services.model.text import Text

USUAL = {
    errno.ENOENT: "missing",
    errno.EACCES: "forbidden",
    errno.EPERM: "forbidden",
    errno.EISDIR: "folder",
    errno.ENOTDIR: "no_folder",
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EROFS: "read_only",
    errno.EMFILE: "many_open",
    errno.ENFILE: "many_open",
    errno.ENAMETOOLONG: "long_name",
    errno.ELOOP: "circle",
    errno.EIO: "device",
    errno.EPIPE: "closed",
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "broken_off",
    errno.ETIMEDOUT: "late",
    errno.EHOSTUNREACH: "no_way",
    errno.ENETUNREACH: "no_way",
}
"""The system's numbers of what commonly goes wrong."""


def reason(error: BaseException) -> Text:
    """What the system said, also where another error was made of it; else the error's own words, which are English, and
    of which kind it is.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno is not None:
            return _of_system(cause, cause.errno)
        cause = cause.__cause__ or cause.__context__
    kind = type(error).__name__
    return Text(texts("system.of_kind", kind=kind).vi, str(error) or kind)


def with_file(error: OSError) -> Text:
    """What the system said, after the file it said it of."""
    said = reason(error)
    return Text(f"{error.filename}: {said.vi}", f"{error.filename}: {said.en}")


def _of_system(error: OSError, number: int) -> Text:
    if name := "unknown_host" if _is_address(error) else USUAL.get(number):
        return texts(f"system.{name}")
    other = texts("system.other", number=number)
    return Text(other.vi, f"{other.en}: {error.strerror}")


def _is_address(error: OSError) -> bool:
    """Whether a name has no address. Its class is of a module that a check of a file needs not."""
    return type(error).__name__ == "gaierror"
