"""Instruction on the language of the answer, detected by langdetect with seed 0, as in the published checker."""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

from evaluation.metrics.instructions.instruction import Instruction

_LANGUAGES = "en es pt ar hi fr ru de ja it bn uk th ur ta te bg ko pl he fa vi ne sw kn mr gu pa ml fi"
LANGUAGES = frozenset(_LANGUAGES.split())
"""ISO 639-1 codes of the languages that IFEval requests."""
MAX_CHARS = 100_000
"""More characters than langdetect reads: the first 10,000 after removing addresses."""


@dataclass(frozen=True, kw_only=True)
class ResponseLanguage(Instruction):
    """The whole answer is in this language."""

    name: ClassVar[str] = "language:response_language"
    language: str

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise self.refuse("language", f"one of {', '.join(sorted(LANGUAGES))}")

    def is_followed(self, answer: str) -> bool:
        return is_in(answer, self.language)


def is_in(text: str, language: str) -> bool:
    """Check whether the text is in the language, or has nothing to detect a language from, such as figures alone."""
    from langdetect.lang_detect_exception import LangDetectException

    detector = _detectors().create()
    detector.append(text[:MAX_CHARS])
    try:
        return bool(detector.detect() == language)
    except LangDetectException:
        return True


@lru_cache(maxsize=1)
def _detectors() -> Any:
    """Return a new detector factory: seeding the package's own would change detection elsewhere in this process."""
    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory

    factory = DetectorFactory()
    profiles = sorted(
        path for path in Path(PROFILES_DIRECTORY).iterdir() if os.path.isfile(path) and path.name[0] != "."
    )
    factory.load_json_profile([path.read_text(encoding="utf-8") for path in profiles])
    factory.set_seed(0)
    return factory
