"""Data: sources, the datasets made of them, and the quarantine of what could not be read."""

from typing import TYPE_CHECKING

from mlwright.kernel.lazy import front_door

if TYPE_CHECKING:
    from mlwright.data.build import Data as Data
    from mlwright.data.build import build_data as build_data
    from mlwright.data.pii import personal as personal
    from mlwright.data.plan import storage_lines as storage_lines
    from mlwright.data.report import DataReport as DataReport
    from mlwright.data.report import SourceReport as SourceReport
    from mlwright.data.sources import AnySource as AnySource
    from mlwright.data.sources import Listed as Listed
    from mlwright.data.sources import Source as Source
    from mlwright.data.sources import SourcePart as SourcePart
    from mlwright.data.spec import DataSpec as DataSpec
    from mlwright.data.types import Dataset as Dataset
    from mlwright.data.types import FileVersion as FileVersion
    from mlwright.data.types import Quarantined as Quarantined
    from mlwright.data.types import Upload as Upload
    from mlwright.data.uploads import MAX_UPLOAD as MAX_UPLOAD

__all__ = [
    "MAX_UPLOAD",
    "AnySource",
    "Data",
    "DataReport",
    "DataSpec",
    "Dataset",
    "FileVersion",
    "Listed",
    "Quarantined",
    "Source",
    "SourcePart",
    "SourceReport",
    "Upload",
    "build_data",
    "personal",
    "storage_lines",
]
__getattr__, __dir__ = front_door(
    __name__,
    build="Data build_data",
    pii="personal",
    plan="storage_lines",
    report="DataReport SourceReport",
    sources="AnySource Listed Source SourcePart",
    spec="DataSpec",
    types="Dataset FileVersion Quarantined Upload",
    uploads="MAX_UPLOAD",
)
