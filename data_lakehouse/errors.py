"""Exceptions of the lakehouse: one class per kind, each with its stable code and a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_lakehouse import _core

if TYPE_CHECKING:
    from data_lakehouse.ingestion.batch import JobRun


class LakehouseError(Exception):
    """What every error of the lakehouse is.

    Attributes
    ----------
    code : str
        Stable code such as ``"LK-2012"``; ``lakehouse explain CODE`` documents it.
    message : str
        What happened, where and why.
    hint : str
        What to do next; may be empty.
    cause : str
        Text of what caused it, from another system; may be empty.
    retryable : bool
        Whether the same request may succeed later without a change.
    kind : str
        Name of the kind, the same in every program of the lakehouse.
    """

    kind = "Internal"

    def __init__(
        self, code: str, message: str, hint: str = "", cause: str = "", retryable: bool = False
    ) -> None:
        # Not super(): OSError, of which some kinds are too, would take these for errno and file.
        Exception.__init__(self, code, message, hint, cause, retryable)
        self.code = code
        self.message = message
        self.hint = hint
        self.cause = cause
        self.retryable = retryable

    def __str__(self) -> str:
        text = f"{self.code}: {self.message}"
        if self.cause:
            text += f" (cause: {self.cause})"
        return f"{text}\nhint: {self.hint}" if self.hint else text


class NotFoundError(LakehouseError, LookupError):
    """A name, version or file is not there."""

    kind = "NotFound"


class AlreadyExistsError(LakehouseError):
    """A name or place is taken."""

    kind = "AlreadyExists"


class InvalidArgumentError(LakehouseError, ValueError):
    """The request itself is wrong."""

    kind = "InvalidArgument"


class InvalidSchemaError(LakehouseError, ValueError):
    """Columns or types do not fit."""

    kind = "InvalidSchema"


class PermissionDeniedError(LakehouseError, PermissionError):
    """The principal may not do this."""

    kind = "PermissionDenied"


class UnauthenticatedError(LakehouseError):
    """Who asks is not known."""

    kind = "Unauthenticated"


class CommitConflictError(LakehouseError):
    """Another writer won and the change cannot be placed after it."""

    kind = "CommitConflict"


class CommitStateUnknownError(LakehouseError):
    """The store did not say whether the commit happened."""

    kind = "CommitStateUnknown"


class UnsupportedError(LakehouseError, NotImplementedError):
    """A feature that this version does not have; the message names it."""

    kind = "Unsupported"


class CorruptionError(LakehouseError):
    """Stored data breaks its format."""

    kind = "Corruption"


class StorageIoError(LakehouseError, OSError):
    """Reading or writing failed."""

    kind = "IoError"


class QueryTimeoutError(LakehouseError, TimeoutError):
    """The time limit is over."""

    kind = "Timeout"


class CancelledError(LakehouseError):
    """Somebody stopped it."""

    kind = "Cancelled"


class ResourceExhaustedError(LakehouseError):
    """A limit of memory, disk or queue is reached."""

    kind = "ResourceExhausted"


class UnavailableError(LakehouseError):
    """A part or a source does not answer now; it may later."""

    kind = "Unavailable"


_RETRYABLE = frozenset(_core.retryable_kinds())
_BY_KIND: dict[str, type[LakehouseError]] = {
    cls.kind: cls for cls in LakehouseError.__subclasses__()
}


class JobFailedError(LakehouseError):
    """A run of a job ended without its rows.

    ``code``, ``kind``, ``hint`` and ``retryable`` are those of what ended it, which is the
    ``__cause__`` as an exception of its own class.

    Attributes
    ----------
    run : JobRun
        The run, with its counts.
    """

    def __init__(self, run: JobRun) -> None:
        what = f"job {run.job_name} {run.state} in attempt {run.attempt}: {run.error_message}"
        retryable = run.error_kind in _RETRYABLE
        super().__init__(run.error_code, what, run.error_hint, "", retryable)
        self.args = (run,)
        self.kind = run.error_kind
        self.run = run
        self.__cause__ = from_parts(
            run.error_kind, run.error_code, run.error_message, run.error_hint, "", retryable
        )


def from_parts(
    kind: str, code: str, message: str, hint: str, cause: str, retryable: bool
) -> LakehouseError:
    """Return the exception of ``kind``; called by the compiled module."""
    return _BY_KIND.get(kind, LakehouseError)(code, message, hint, cause, retryable)
