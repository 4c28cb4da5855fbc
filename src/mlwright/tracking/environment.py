"""What a run ran on: the interpreter, the platform, and the version of every installed package."""

import functools
import os
import platform
from collections.abc import Mapping
from importlib.metadata import distributions
from types import MappingProxyType


@functools.cache
def environment() -> Mapping[str, str]:
    """`python`, `platform`, `machine`, `cpus`, and `package/<name>` for each package. Read once per process."""
    packages = {
        f"package/{name.lower().replace('_', '-')}": found.version
        for found in distributions()
        if (name := found.metadata["Name"])
    }
    return MappingProxyType(
        {
            "python": f"{platform.python_implementation()} {platform.python_version()}",
            "platform": platform.platform(),
            "machine": platform.machine(),
            "cpus": str(os.cpu_count() or 0),
            **dict(sorted(packages.items())),
        }
    )
