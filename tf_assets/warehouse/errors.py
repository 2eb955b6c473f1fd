"""Errors for the person who can mend them.

Each message is a sentence that names the thing, the fault and the remedy, and never holds a value of an identifier.
The exit code is what `tf-eval` ends with.
"""

from collections.abc import Mapping
from typing import Any


class EvaluationError(Exception):
    """Something that a person must mend; its message says what and how."""

    exit_code = 1


class InputRefused(EvaluationError):
    """A file, or a set of rows, that cannot be used.

    beside: tables by name that are published although the input is refused, because they tell its sender why.
    """

    exit_code = 2

    def __init__(self, sentence: str, beside: Mapping[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.beside: Mapping[str, Any] = beside or {}


class KeysRefused(EvaluationError):
    """Keys that are missing, badly kept, or not fit for this home."""

    exit_code = 3


class GateFailed(EvaluationError):
    """A table that does not meet its expectations; the last good data stand."""

    exit_code = 4


class DeclarationError(EvaluationError):
    """A table, model or suite that is declared wrongly; found when the definitions load."""

    exit_code = 5
