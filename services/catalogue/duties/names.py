"""What people call those who owe, the forms and their sections, by the entries of the catalogue of a moment. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from services.catalogue.entry import Version
from services.model.form import section_names
from services.model.text import Text


@dataclass(frozen=True)
class Names:
    """By id: of organisations and of forms; and of each form its sections."""

    organisations: Mapping[str, Text] = field(default_factory=dict)
    forms: Mapping[str, Text] = field(default_factory=dict)
    sections: Mapping[str, Mapping[str, Text]] = field(default_factory=dict)

    @classmethod
    def of(cls, organisations: Iterable[Version], forms: Iterable[Version]) -> Names:
        """From the entries."""
        forms = list(forms)
        return cls(
            {one.id: Text(**one.body["name"]) for one in organisations},
            {one.id: Text(**one.body["title"]) for one in forms},
            {one.id: section_names(one.body) for one in forms},
        )

    def organisation(self, id_: str) -> Text:
        """The name of an organisation; its id where nobody entered it."""
        return self.organisations.get(id_) or Text(id_, id_)

    def section(self, form: str, id_: str) -> Text:
        """The name of a section as its form gives it; its id where the form has none."""
        return self.sections.get(form, {}).get(id_) or Text(id_, id_)
