"""Documents that entries of the catalogue rest on: their number and day, and the file with whom it stays."""

from datetime import date
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from services.model.text import STRICT


@dataclass(frozen=True, config=STRICT)
class Document:
    """An official document, as its number and day name it."""

    number: Annotated[str, Field(min_length=1, max_length=100)]
    issued_on: date


@dataclass(frozen=True, config=STRICT)
class SignedFile:
    """The file of a signed document, which stays with the office: by its hash anybody can tell whether a copy is it."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
