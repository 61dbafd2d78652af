"""The kinds of errors that are planted, by their names."""

from __future__ import annotations

from collections.abc import Mapping

from bench.planted import figures, headings, shown, shrinking, structure
from bench.planted.planting import Plant

KINDS: Mapping[str, Plant] = {
    **figures.KINDS,
    **structure.KINDS,
    **headings.KINDS,
    **shown.KINDS,
    **shrinking.KINDS,
}
