"""The notification worker: writes what is to be told. Sending is the API process's part."""

from __future__ import annotations

from services.events.catalogue import CatalogueChanged
from services.kernel import replica
from services.kernel.runner import main
from services.kernel.stage import BatchStage
from services.notification.handler import OTHERS, VERDICTS, handle
from services.notification.store import load, load_verdicts

OF_VERDICTS = BatchStage(events=VERDICTS, load=load_verdicts, handle=handle, awaits_catalogue=True)
OF_OTHERS = BatchStage(events=OTHERS, load=load, handle=handle)
"""Their schemas name no state of the catalogue to wait for."""
STAGES = (OF_VERDICTS, OF_OTHERS)

if __name__ == "__main__":
    main("notification", [replica.stage(CatalogueChanged), *STAGES])
