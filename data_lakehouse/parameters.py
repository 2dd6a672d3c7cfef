"""Values of the placeholders of a statement, in the form that the compiled module takes."""

from __future__ import annotations

import datetime
import numbers
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from data_lakehouse.errors import InvalidArgumentError

_EPOCH = datetime.datetime(1970, 1, 1)
_UTC_EPOCH = _EPOCH.replace(tzinfo=datetime.UTC)
_MICROSECOND = datetime.timedelta(microseconds=1)
_INT64 = range(-(2**63), 2**63)


def to_core(values: Sequence[Any]) -> list[object]:
    """Return ``values`` for the compiled module.

    Parameters
    ----------
    values : None, bool, int, float, str, bytes, ``date``, ``datetime`` or ``Decimal``
        Scalars of numpy count as what they hold. A ``datetime`` with a time zone is an instant.

    Raises
    ------
    InvalidArgumentError
        For a text or mapping instead of a sequence, and for values of other types (LK-7003).
    """
    if isinstance(values, (str, bytes, Mapping)):
        raise InvalidArgumentError(
            "LK-7003",
            f"the parameters are a {type(values).__name__}",
            "Pass a list or a tuple with a value for each ? in the statement.",
        )
    return [_to_core(value) for value in values]


def _to_core(value: Any) -> object:
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            return ("timestamp", (value - _UTC_EPOCH) // _MICROSECOND, True)
        return ("timestamp", (value - _EPOCH) // _MICROSECOND, False)
    if isinstance(value, datetime.date):
        return ("date", (value - _EPOCH.date()).days)
    if isinstance(value, Decimal) and value.is_finite():
        return ("decimal", format(value, "f"))
    if value is None or isinstance(value, (bool, str, bytes)):
        return value
    if isinstance(value, numbers.Integral):
        number = int(value)
        return number if number in _INT64 else ("decimal", str(number))
    if isinstance(value, numbers.Real):
        return float(value)
    if type(value).__module__ == "numpy" and type(value).__name__.startswith("bool"):
        return bool(value)
    raise InvalidArgumentError(
        "LK-7003",
        f"a parameter of type {type(value).__name__} is not supported",
        "Pass None, bool, int, float, str, bytes, date, datetime or Decimal.",
    )
