"""Put on PYTHONPATH by the chaos test: an exception in mid-handler, when a file asks for it.

The file `raise-<service>` in CHAOS_FOLDER is taken away and RuntimeError raised after the rows of an event were
written, before its transaction ends.
"""

import importlib.abc
import os
import sys
from pathlib import Path

TARGET = "services.kernel.transaction"


def patch(module):
    record = module.record
    module_name = next((a for a in sys.orig_argv if a.startswith("services.")), "services.none")
    flag = Path(os.environ["CHAOS_FOLDER"]) / f"raise-{module_name.split('.')[1]}"

    def failing(*args, **kwargs):
        try:
            flag.unlink()
        except FileNotFoundError:
            return record(*args, **kwargs)
        raise RuntimeError("injected in mid-handler")

    module.record = failing


class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name != TARGET:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            patch(module)

        spec.loader.exec_module = exec_module
        return spec


if "CHAOS_FOLDER" in os.environ:
    import importlib.util

    sys.meta_path.insert(0, Finder())
