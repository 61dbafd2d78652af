"""The worker: what came for the duties of the catalogue."""

from __future__ import annotations

from services.catalogue.duties.deliveries import STAGE
from services.kernel.runner import main

if __name__ == "__main__":
    main("catalogue", [STAGE])
