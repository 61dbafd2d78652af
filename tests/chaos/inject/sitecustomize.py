"""Put on PYTHONPATH by the chaos test: an error in mid-handler, when a file asks for it.

The file `raise-<service>` in CHAOS_FOLDER is taken away and RuntimeError raised after the rows of an event were
written, before its transaction ends; the file `bury-<service>` makes one event a dead letter.
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

TARGET = "services.kernel.handling"


class Failing(importlib.abc.Loader):
    """Loads the module, and makes what it does last in a transaction fail on demand."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        program = next((a for a in sys.orig_argv if a.startswith("services.")), "services.none")
        service = program.split(".")[1]
        writer: Any = vars(module)["Writer"]
        encode = writer.encode

        def failing(write: Any) -> Any:
            def writes_and_fails(*arguments: Any) -> Any:
                result = write(*arguments)
                if asked(f"raise-{service}"):
                    raise RuntimeError("injected in mid-handler")
                return result

            return writes_and_fails

        def burying(*arguments: Any) -> Any:
            if asked(f"bury-{service}"):
                raise vars(module)["Permanent"]("injected, to be replayed")
            return encode(*arguments)

        writer.batch = failing(writer.batch)
        writer.single = failing(writer.single)
        writer.encode = burying


def asked(name: str) -> bool:
    """Whether a file of this name asks for it; one process takes it away."""
    try:
        (Path(os.environ["CHAOS_FOLDER"]) / name).unlink()
    except FileNotFoundError:
        return False
    return True


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
