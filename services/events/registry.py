"""Every event of the product, by its topic, and the classes of keys that are records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from inspect import isclass
from pathlib import Path
from typing import Any, Final

from services.events import audit, catalogue, grdp, intake, notification, policy, validation
from services.kernel.avro_schema import schema
from services.kernel.events import EventData
from services.kernel.topics import SCHEMAS

EVENTS: Final[Mapping[str, type[EventData]]] = {
    found.TOPIC: found
    for module in (audit, catalogue, grdp, intake, notification, policy, validation)
    for found in vars(module).values()
    if isclass(found) and issubclass(found, EventData) and hasattr(found, "TOPIC")
}
KEYS: Final[Mapping[str, type]] = {
    catalogue.CatalogueChanged.TOPIC: catalogue.CatalogueKey,
    catalogue.RegisterChanged.TOPIC: catalogue.RegisterKey,
    grdp.Observation.TOPIC: grdp.ObservationKey,
}


def schemas() -> dict[str, dict[str, Any]]:
    """The schema of each event and key, by the name of its file in schemas/."""
    events = {topic: schema(event) for topic, event in EVENTS.items()}
    return events | {f"{topic}-key": schema(key) for topic, key in KEYS.items()}


def text(made: Mapping[str, Any]) -> str:
    """A schema as its file has it."""
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def write(folder: Path = SCHEMAS) -> list[Path]:
    """Makes the files of the schemas; those that weren't so before. codec.lock then gives what is new its id."""
    changed = []
    for name, made in schemas().items():
        file = folder / f"{name}.avsc"
        if not file.exists() or file.read_text(encoding="utf-8") != text(made):
            file.write_text(text(made), encoding="utf-8")
            changed.append(file)
    return changed
