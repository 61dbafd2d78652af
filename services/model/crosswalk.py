"""From the 63 provinces before 1/7/2025 to the 34 since; the key is always (list, code)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from services.model.codelist import FOLDER, WHOLE_COUNTRY, read_csv
from services.model.text import ModelError

BEFORE = "63"
SINCE = "34"


class Change(StrEnum):
    """What became of a province of list 63 on 1/7/2025."""

    SAME = "same_code_same_name"
    NEW_CODE = "code_changed_same_name"
    OTHER_NAME = "same_code_other_name"
    ABSORBED = "absorbed"


@dataclass(frozen=True, order=True)
class Area:
    """An area: a code together with the list that gives it its meaning."""

    area_list: str
    code: str


@dataclass(frozen=True)
class Crosswalk:
    """Each province of list 63, the one of list 34 that it lies in, and what changed."""

    targets: dict[str, tuple[str, Change]]

    def successor(self, area: Area) -> Area:
        """The area of list 34 that `area` is, or lies in; raises ModelError for unknown ones."""
        if area.area_list == SINCE or area.code == WHOLE_COUNTRY:
            return Area(SINCE, area.code)
        if area.area_list != BEFORE or area.code not in self.targets:
            raise ModelError(f"no province {area.code} in list {area.area_list}")
        return Area(SINCE, self.targets[area.code][0])

    def is_one_place(self, one: Area, other: Area) -> bool:
        """Whether both are the same area, or one lies in the other by the lists of provinces; of any other list an area
        is only itself.
        """
        if one.area_list == other.area_list:
            return one == other
        try:
            return self.successor(one) == self.successor(other)
        except ModelError:
            return False

    def predecessors(self, code: str) -> tuple[Area, ...]:
        """The provinces of list 63 that make up a province of list 34."""
        return tuple(Area(BEFORE, old) for old, (new, _) in self.targets.items() if new == code)

    def changed_meaning(self) -> frozenset[str]:
        """The codes that stand in both lists for provinces of other names (seven)."""
        return frozenset(
            old for old, (_, change) in self.targets.items() if change is Change.OTHER_NAME
        )


def crosswalk_of(rows: Iterable[dict[str, str]]) -> Crosswalk:
    """A crosswalk from rows with old_code, new_code and kind."""
    return Crosswalk({row["old_code"]: (row["new_code"], Change(row["kind"])) for row in rows})


@cache
def provinces() -> Crosswalk:
    """The crosswalk of Decision 19/2025/QĐ-TTg as the code lists' folder has it."""
    return crosswalk_of(read_csv(FOLDER / "provinces_63_to_34.csv"))
