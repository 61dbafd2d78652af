"""The query parameters of a route: one that it doesn't have is refused."""

from __future__ import annotations

from difflib import get_close_matches

from fastapi import Request
from fastapi.dependencies.models import Dependant

from services.kernel.problems import Problem


def only_known_parameters(request: Request) -> None:
    """A dependency of every route. Raises Problem 400 for a query parameter that it doesn't have: a misspelt filter
    would list everything. A route whose API is somebody else's says that it `takes_any_parameter`.
    """
    route = request.scope["route"]
    if getattr(route, "takes_any_parameter", False):
        return
    known = sorted(_parameters(route.dependant))
    unknown = sorted(request.query_params.keys() - set(known))
    if not unknown:
        return
    named, there = ", ".join(unknown), ", ".join(known) or "–"
    nearest = [name for one in unknown for name in get_close_matches(one, known, 1)]
    raise Problem(
        400,
        "unknown-parameter",
        {"vi": f"Không có tham số «{named}»", "en": f"There is no parameter «{named}»"},
        {"vi": f"Các tham số dùng được: {there}.", "en": f"The parameters there are: {there}."},
        nearest=nearest,
    )


def _parameters(dependant: Dependant) -> set[str]:
    """The query parameters of a route or dependency, and of those on which it depends."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*map(_parameters, dependant.dependencies))
