"""Put on PYTHONPATH by the chaos test: an exception in mid-handler, when a file asks for it.

The file `raise-<service>` in CHAOS_FOLDER is taken away and RuntimeError raised after the rows of an event were
written, before its transaction ends.
"""

import importlib.abc
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

TARGET = "services.kernel.transaction"


class Failing(importlib.abc.Loader):
    """Loads the module, and makes what it does last in a transaction fail on demand."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        program = next((a for a in sys.orig_argv if a.startswith("services.")), "services.none")
        flag = Path(os.environ["CHAOS_FOLDER"]) / f"raise-{program.split('.')[1]}"
        record: Any = vars(module)["record"]

        def failing(*arguments: Any) -> None:
            record(*arguments)
            if flag.exists():
                flag.unlink(missing_ok=True)
                raise RuntimeError("injected in mid-handler")

        vars(module)["record"] = failing


class Finder(importlib.abc.MetaPathFinder):
    """Steps in for the one module."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != TARGET:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.loader is not None
        spec.loader = Failing(spec.loader)
        return spec


if "CHAOS_FOLDER" in os.environ:
    sys.meta_path.insert(0, Finder())
