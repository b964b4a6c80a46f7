"""The values that a condition can take: how each is read from YAML, tested, and compared with a broader one.

Every shape has the same functions: `parse(value)` gives the value, or a ValueError that says what is expected,
`test(value, read)` the test of a finding, `implies(narrow, broad)` says whether all that satisfies the one satisfies
the other, and `show(value)` writes it down again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from math import isfinite
from typing import Any, Protocol

from lowbackground.detectors.evidence import Finding, Strength
from lowbackground.pipeline.verdicts.case import Case

MAX_WORD = 200  # characters of a value or pattern
_WILD = frozenset("*?[")

Test = Callable[[Finding, Case], bool]
Read = Callable[[Finding, Case], Any]


class Shape(Protocol):
    """What the values of one condition have in common."""

    def parse(self, value: object, /) -> Any:
        """The value, or ValueError."""

    def test(self, value: Any, read: Read, /) -> Test:
        """Whether what is read of a finding satisfies the value."""

    def implies(self, narrow: Any, broad: Any, /) -> bool:
        """Whether all that satisfies `narrow` satisfies `broad`."""

    def show(self, value: Any, /) -> str:
        """The value as it would stand in YAML."""


@dataclass(frozen=True)
class Choice:
    """One or several of the allowed words; of any words where none are named."""

    allowed: tuple[str, ...] = ()

    def parse(self, value: object, /) -> frozenset[str]:
        """The chosen words."""
        words = _words(value)
        for word in words:
            if self.allowed and word not in self.allowed:
                raise ValueError(f"{word!r} is not one of {', '.join(self.allowed)}")
        return frozenset(words)

    def test(self, value: frozenset[str], read: Read, /) -> Test:
        """Whether what is read is one of the words."""
        return lambda finding, case: read(finding, case) in value

    def implies(self, narrow: frozenset[str], broad: frozenset[str], /) -> bool:
        """A subset."""
        return narrow <= broad

    def show(self, value: frozenset[str], /) -> str:
        """A word, or a list of words."""
        return _list(value)


@dataclass(frozen=True)
class KnownGlobs(Choice):
    """One or several patterns with `*` and `?` over the allowed words, kept as the words that they match."""

    def parse(self, value: object, /) -> frozenset[str]:
        """The words that the patterns match."""
        chosen: set[str] = set()
        for pattern in _words(value):
            matched = {word for word in self.allowed if fnmatchcase(word, pattern)}
            if not matched:
                raise ValueError(f"{pattern!r} matches none of {', '.join(self.allowed)}")
            chosen |= matched
        return frozenset(chosen)

    def show(self, value: frozenset[str], /) -> str:
        """A list in which `first/*` stands for all words that begin with `first/`."""
        families = {word: {other for other in self.allowed if other.startswith(word)} for word in self._firsts()}
        whole = {word for word, family in families.items() if family <= value}
        rest = {word for word in value if word.partition("/")[0] + "/" not in whole}
        return _list(frozenset({f"{word}*" for word in whole} | rest))

    def _firsts(self) -> set[str]:
        return {word.partition("/")[0] + "/" for word in self.allowed}


@dataclass(frozen=True)
class Globs:
    """One or several patterns with `*` and `?` over words that nobody can list, such as those of other detectors."""

    def parse(self, value: object, /) -> frozenset[str]:
        """The patterns."""
        return frozenset(_words(value))

    def test(self, value: frozenset[str], read: Read, /) -> Test:
        """Whether what is read matches one of the patterns."""
        if not any(_WILD & set(pattern) for pattern in value):
            return lambda finding, case: read(finding, case) in value
        return lambda finding, case: any(fnmatchcase(read(finding, case), pattern) for pattern in value)

    def implies(self, narrow: frozenset[str], broad: frozenset[str], /) -> bool:
        """Each narrow pattern is a broad one too, or a plain word that a broad one matches."""
        return all(
            word in broad or (not _WILD & set(word) and any(fnmatchcase(word, pattern) for pattern in broad))
            for word in narrow
        )

    def show(self, value: frozenset[str], /) -> str:
        """A pattern, or a list of patterns."""
        return _list(value)


@dataclass(frozen=True)
class Bound:
    """A number between `low` and `high` that what is read must reach, or not exceed; what is null does neither."""

    low: float
    high: float
    at_least: bool

    def parse(self, value: object, /) -> float:
        """The number."""
        if isinstance(value, str):  # YAML 1.1 takes 1e-9, which has no dot, for a string
            try:
                value = float(value)
            except ValueError:
                value = None
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise ValueError(f"must be a number from {self.low:g} to {self.high:g}")
        if not self.low <= value <= self.high:
            raise ValueError(f"must lie between {self.low:g} and {self.high:g}, not {value:g}")
        return float(value)

    def test(self, value: float, read: Read, /) -> Test:
        """Whether what is read keeps the bound."""
        if self.at_least:
            return lambda finding, case: (found := read(finding, case)) is not None and found >= value
        return lambda finding, case: (found := read(finding, case)) is not None and found <= value

    def implies(self, narrow: float, broad: float, /) -> bool:
        """A stricter number."""
        return narrow >= broad if self.at_least else narrow <= broad

    def show(self, value: float, /) -> str:
        """A short number."""
        return f"{value:g}"


@dataclass(frozen=True)
class AtLeastStrength:
    """The weakest strength that will do."""

    def parse(self, value: object, /) -> Strength:
        """The strength."""
        try:
            return Strength(str(value))
        except ValueError:
            raise ValueError(f"{str(value)[:MAX_WORD]!r} is not one of {', '.join(Strength)}") from None

    def test(self, value: Strength, read: Read, /) -> Test:
        """Whether the strength that is read is at least this."""
        enough = frozenset(strength for strength in Strength if strength.rank >= value.rank)
        return lambda finding, case: read(finding, case) in enough

    def implies(self, narrow: Strength, broad: Strength, /) -> bool:
        """A greater strength."""
        return narrow.rank >= broad.rank

    def show(self, value: Strength, /) -> str:
        """Its word."""
        return value.value


@dataclass(frozen=True)
class Flag:
    """true or false."""

    def parse(self, value: object, /) -> bool:
        """The flag."""
        if value is True or value is False:
            return value
        raise ValueError(f"must be true or false, not {str(value)[:MAX_WORD]!r}")

    def test(self, value: bool, read: Read, /) -> Test:
        """Whether what is read is exactly this."""
        return lambda finding, case: bool(read(finding, case)) is value

    def implies(self, narrow: bool, broad: bool, /) -> bool:
        """The same flag."""
        return narrow is broad

    def show(self, value: bool, /) -> str:
        """As YAML has it."""
        return str(value).lower()


def _list(words: frozenset[str]) -> str:
    return next(iter(words)) if len(words) == 1 else f"[{', '.join(sorted(words))}]"


def _words(value: object) -> list[str]:
    """A word, or a list of words."""
    given = value if isinstance(value, list) else [value]
    words = [word for word in given if isinstance(word, str) and 0 < len(word) <= MAX_WORD]
    if not words or len(words) < len(given):
        raise ValueError(f"must be a word or a list of words, not {str(value)[:MAX_WORD]!r}")
    return words
