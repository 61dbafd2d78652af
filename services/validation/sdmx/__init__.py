"""Figures that come as SDMX-CSV, with a structure definition, instead of as a sheet."""

from services.validation.sdmx.figures import read_sdmx
from services.validation.sdmx.rows import is_sdmx

__all__ = ["is_sdmx", "read_sdmx"]
