"""The errors that Odin raises on purpose; anything else is a bug and keeps its traceback.

OdinError
 |- AnnotationError   an entity, relation or document that cannot be
 |- FormatError       a file that does not hold what its format says (file, line)
 |- LabelError        an unknown label set or label
 |- CorpusError       a corpus that is missing, incomplete or cannot be fetched
 |- ModelError        weights that are missing, corrupt or do not fit
 |- InputError        text or options that Odin cannot work with
 `- ConflictError     somebody else saved first

Every message names the place (file, line, document), the value found and what to do about it.
"""

from __future__ import annotations

from pathlib import Path


class OdinError(Exception):
    """Anything that a user can put right; `str()` of it is shown to them as it is."""


class AnnotationError(OdinError):
    """An annotation that breaks the rules of `odin.schema`."""


class FormatError(OdinError):
    """A file that does not follow its format."""

    def __init__(self, message: str, *, path: str | Path | None = None, line: int | None = None) -> None:
        place = "" if path is None else f"{path}:{line}: " if line is not None else f"{path}: "
        super().__init__(place + message)
        self.path = path
        self.line = line


class LabelError(OdinError):
    """A label set or label that does not exist, or a label set file that is not right."""


class CorpusError(OdinError):
    """A corpus that is absent, incomplete, altered or out of reach."""


class ModelError(OdinError):
    """A model folder that is missing, corrupt or made for something else."""


class InputError(OdinError):
    """Input or options that Odin cannot work with."""


class ConflictError(OdinError):
    """A save that would overwrite somebody else's newer version."""
