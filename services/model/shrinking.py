"""What a later attempt leaves without a number that an earlier one had: nobody takes a figure away unnoticed."""

from collections.abc import Collection

import polars as pl

from services.model.observation import KEY

ACROSS_VERSIONS = ("indicator", "area_list", "area", "period")
"""What figures of two versions of a form have in common: the codes of a version are a list of their own."""


def lost(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """The rows of `before` with a number whose key has none in `after`: it is absent, blank, "..." or "x".

    Both have the columns of an observations object (services/model/observation.py). "-" is a number: zero.
    """
    return _without_number(before, after, KEY)


def lost_across_versions(
    before: pl.DataFrame, after: pl.DataFrame, asked: Collection[str]
) -> pl.DataFrame:
    """The same where `after` came by another version of the form, which asks for the indicators `asked`.

    What a version no longer asks for is not lost, nor what it asks for in another unit or breakdown.
    """
    still = before.filter(pl.col("indicator").is_in(list(asked)))
    return _without_number(still, after, ACROSS_VERSIONS)


def _without_number(
    before: pl.DataFrame, after: pl.DataFrame, key: Collection[str]
) -> pl.DataFrame:
    numbers = after.filter(pl.col("value").is_not_null())
    had = before.filter(pl.col("value").is_not_null())
    return had.join(numbers, on=list(key), how="anti", nulls_equal=True)
