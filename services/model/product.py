"""Which product speaks: reports name it, so that it is known later what checked a submission."""

from typing import Final

VERSION: Final = "0.1.0"
"""As in pyproject.toml; an image holds the code without being an installation, so nothing else tells."""
PRODUCT: Final = f"solieu {VERSION}"
