"""Structure definitions: which dimensions and attributes there are, and their codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from services.model.text import SCHEMAS

FOLDER = SCHEMAS / "sdmx"
TIME = "TIME_PERIOD"
VALUE = "OBS_VALUE"


class UnknownStructure(ValueError):
    """There is no such structure definition here, or it can't be read."""


@dataclass(frozen=True)
class Structure:
    """A structure as far as a reader needs it.

    `names` are the ways to write it, AGENCY:ID(VERSION), its dataflows among them. `dimensions` and
    `attributes` give the codes that each may have; None where it isn't coded.
    """

    names: frozenset[str]
    dimensions: Mapping[str, frozenset[str] | None]
    attributes: Mapping[str, frozenset[str] | None]


@lru_cache(maxsize=64)
def structure_of(file: str, name: str) -> Structure:
    """The structure `name` in a file of schemas/sdmx; raises UnknownStructure."""
    path = (FOLDER / file).resolve()
    if FOLDER not in path.parents or not path.is_file():
        raise UnknownStructure(f"no {file}")
    # Loading it takes a second, and few submissions need it.
    from pysdmx.io import read_sdmx

    try:
        message = read_sdmx(path, validate=False)
        definitions = {
            _name(definition): definition for definition in message.get_data_structure_definitions()
        }
        flows = message.get_dataflows()
        lists = {_urn(codelist): codelist for codelist in message.get_codelists()}
    except Exception as error:
        # Whatever its reader stumbles over: the file is one of ours, and the sender must hear something.
        raise UnknownStructure(f"{file}: {type(error).__name__}: {error}") from None
    if name not in definitions:
        raise UnknownStructure(f"no {name} in {file}")
    components = definitions[name].components
    return Structure(
        names=frozenset({name, *(_name(flow) for flow in flows)}),
        dimensions={dimension.id: _codes(dimension, lists) for dimension in components.dimensions},
        attributes={attribute.id: _codes(attribute, lists) for attribute in components.attributes},
    )


def _name(artefact: Any) -> str:
    agency = getattr(artefact.agency, "id", artefact.agency)
    return f"{agency}:{artefact.id}({artefact.version})"


def _urn(artefact: Any) -> str:
    return f"Codelist={_name(artefact)}"


def _codes(component: Any, lists: Mapping[str, Any]) -> frozenset[str] | None:
    """The codes of a component, whether its list stands in it or is only named by it."""
    codes = component.local_codes
    if codes is None and component.concept is not None:
        codes = getattr(component.concept, "codes", None)
    urn = getattr(component, "local_enum_ref", None) or getattr(
        getattr(component, "concept", None), "enum_ref", None
    )
    if codes is None and urn:
        codes = next((one for key, one in lists.items() if key in urn), None)
    return None if codes is None else frozenset(code.id for code in codes)
