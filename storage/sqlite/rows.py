"""Rows as records: a column a field, in the order of the fields."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


def columns(kind: type[msgspec.Struct]) -> str:
    """The names of a record's fields as those of columns."""
    return ", ".join(kind.__struct_fields__)


def record(kind: type[T], row: Sequence[object]) -> T:
    """The record that a row is: moments out of their text, truth out of 0 and 1."""
    return msgspec.convert(dict(zip(kind.__struct_fields__, row, strict=True)), kind, strict=False)
