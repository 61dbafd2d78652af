"""The worker: intake's copy of the catalogue, and where each attempt stands."""

from __future__ import annotations

from services.events.catalogue import CatalogueChanged
from services.intake.projection import STAGE
from services.kernel import replica
from services.kernel.runner import main

if __name__ == "__main__":
    main("intake", [replica.stage(CatalogueChanged), STAGE])
