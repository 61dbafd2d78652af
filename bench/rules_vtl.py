"""vtlengine over a folder's table and rules; runs in .bench, not in the product's environment."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pandas as pd
from vtlengine import run

_COMPONENTS = [
    {"name": "id", "type": "Integer", "role": "Identifier", "nullable": False},
    {"name": "value", "type": "Number", "role": "Measure", "nullable": True},
    {"name": "north", "type": "Number", "role": "Measure", "nullable": True},
    {"name": "south", "type": "Number", "role": "Measure", "nullable": True},
    {"name": "kind", "type": "String", "role": "Measure", "nullable": True},
    {"name": "firms", "type": "Integer", "role": "Measure", "nullable": True},
]


def main(folder: Path, times: int, duckdb: bool) -> None:
    """Prints the seconds of each run, and how many rows failed each rule, as JSON."""
    structure = {"datasets": [{"name": "observations", "DataStructure": _COMPONENTS}]}
    script = (folder / "rules.vtl").read_text()
    table = pd.read_csv(folder / "data.csv")
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        result = run(script, structure, {"observations": table.copy()}, use_duckdb=duckdb)
        seconds.append(time.perf_counter() - start)
    failed = result["found"].data["ruleid"].value_counts().to_dict()
    print(json.dumps({"seconds": seconds, "failed": {str(k): int(v) for k, v in failed.items()}}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "duckdb")
