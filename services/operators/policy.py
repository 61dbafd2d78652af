"""`solieu policy`: what waits for a decision, looked at again."""

from __future__ import annotations

import typer

from services.operators.calls import authorization, checked
from services.operators.show import AsJson, as_json, say

TIMEOUT = 120.0

app = typer.Typer(no_args_is_help=True, help="Quyết định sử dụng · What may be used")


@app.callback()
def commands() -> None:
    """Without it a single command would take the place of the group."""


@app.command(help="Rà lại mọi việc đang chờ · Look again at all that waits")
def sweep(json: AsJson = False) -> None:
    """Decides anew what waits although its reason is gone; the API does so each minute by itself."""
    import httpx2

    from services.kernel.settings import settings

    config = settings()
    headers = authorization(config.operator_token, "SOLIEU_OPERATOR_TOKEN")
    answer = httpx2.post(
        f"{config.policy_url}/v1/sweep", headers=headers, timeout=TIMEOUT, trust_env=False
    )
    found = checked("sweep", answer)
    if json:
        as_json(found)
    else:
        say("operators.swept", **found)
