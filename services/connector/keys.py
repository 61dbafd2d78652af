"""A sender's key: a private JWK (RFC 8037), and as a file together with the organisation that it speaks for."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from services.model import organisation
from services.model.starter_pack import load_organisations
from services.model.statement import public_key
from services.model.text import ModelError


class BadKey(ValueError):
    """The file holds no private key."""


def office_of(sender: str) -> str | None:
    """The statistics office of an organisation of the starter pack; None for any other organisation."""
    known = load_organisations()
    found = next((one for one in known if one.id == sender), None)
    if found is None:
        return None
    return organisation.office_of(
        found.province, ((one.id, one.kind, one.province) for one in known)
    )


@dataclass(frozen=True)
class Key:
    """A private key; the organisation of the catalogue that it speaks for, and its statistics office, where known."""

    private: OKPKey = field(repr=False)
    sender: str | None = None
    office: str | None = None

    @classmethod
    def generate(cls, sender: str | None = None, office: str | None = None) -> Self:
        """A new key, of the system's randomness."""
        return cls(OKPKey.generate_key("Ed25519"), sender, office)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key of a file that `save` wrote; raises BadKey."""
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            public_key(content)
            private = OKPKey.import_key({name: content[name] for name in ("kty", "crv", "x", "d")})
            return cls(private, content.get("sender"), content.get("office"))
        except (OSError, ValueError, TypeError, KeyError, ModelError, JoseError) as error:
            raise BadKey(f"{path}: {type(error).__name__}") from None

    def save(self, path: Path) -> None:
        """Writes the key for its owner alone to read; raises FileExistsError, a key is never overwritten."""
        content = {**self.private.as_dict(private=True), "kid": self.id}
        content |= {
            name: value
            for name, value in (("sender", self.sender), ("office", self.office))
            if value
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=1, ensure_ascii=False)
            file.write("\n")

    @property
    def id(self) -> str:
        """Its thumbprint (RFC 7638), under which the catalogue lists it."""
        return self.private.thumbprint()

    def public(self) -> dict[str, Any]:
        """The public JWK, to be registered in the catalogue."""
        return {**self.private.as_dict(private=False), "kid": self.id}
