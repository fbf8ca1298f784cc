"""One extension = one file: find the objects of one name in the modules of a package.

`names` is cheap (no import); `collect` imports. Both see the same list in a checkout and in a frozen build, because pkgutil asks the
package's loader.
"""

import importlib
import pkgutil
from types import ModuleType


def names(package: ModuleType) -> list[str]:
    """Return the module names of a package in order, without those that begin with an underscore."""
    return sorted(found.name for found in pkgutil.iter_modules(package.__path__) if not found.name.startswith("_"))


def load(package: ModuleType, name: str, wanted: str) -> object | None:
    """Import one module of a package and return its object called `wanted`, None where it has none."""
    return getattr(importlib.import_module(f"{package.__name__}.{name}"), wanted, None)


def collect(package: ModuleType, wanted: str) -> list:
    """Import each module of a package in name order and return the objects called `wanted`."""
    found = (load(package, name, wanted) for name in names(package))
    return [thing for thing in found if thing is not None]
