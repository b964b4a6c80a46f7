"""The weights of the text classifier: a card in JSON that says what to compute, and a file of tables beside it.

    ai_text.json         format, version, scorers by language, digest of the tables, and what the model card says
    ai_text.safetensors  the tables that the scorers name

No pickle, nothing executable; whatever a card names is checked when it is read, not when it is used.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import orjson

from lowbackground.detectors.text_classifier.tables import TableError, Tables, read_tables, write_tables
from lowbackground.detectors.text_classifier.windows import Windows

MAX_CARD = 1 << 20  # bytes
_AGAIN = "give the folder that `lowbackground train text` wrote, or the card in it, with its tables beside it"
_STRICT = {"extra": "forbid", "allow_inf_nan": False}

BagName = Literal["word_ngrams", "word_trigrams", "masked_ngrams", "skeleton_ngrams", "character_ngrams"]


class WeightsError(ValueError):
    """Weights cannot be used; the message names the file, what was expected and found, and what to do."""


@dataclass(frozen=True, slots=True)
class Linear:
    """scale * sum(w * value[count]) / sqrt(sum(value[count]^2)) over the buckets of a bag, w = code[bucket] * |code[bucket]|.

    `codes`: int8[2^bits]. `values`: int16, what a count is worth; counts beyond its end are worth its last entry.
    """

    name: str
    bag: BagName
    bits: int
    codes: str
    values: str
    scale: float
    type: Literal["linear"] = "linear"
    __pydantic_config__: ClassVar = _STRICT


@dataclass(frozen=True, slots=True)
class Trees:
    """Sum of the leaves that an input falls into, times `scale`; at a node, input <= threshold goes left.

    `inputs` are columns of `STYLE_NAMES`, `words`, or names of heads before this one. Tables, over the nodes of all
    trees: `feature` int16 (place in `inputs`), `threshold` float32, `left` and `right` int32 (a node, or ~leaf);
    `leaf` int32; `root` int32[trees], a node, or ~leaf.
    """

    name: str
    inputs: tuple[str, ...]
    feature: str
    threshold: str
    left: str
    right: str
    leaf: str
    root: str
    scale: float
    type: Literal["trees"] = "trees"
    __pydantic_config__: ClassVar = _STRICT


@dataclass(frozen=True, slots=True)
class Network:
    """A bag of embeddings, inputs beside it, one hidden layer.

    pooled = pool_scale * sum(embedding[bucket] * value[count]) / sqrt(sum(value[count]^2)); x = pooled, then
    (inputs - mean) / deviation, cut to -5..5; output = max(0, x @ hidden + hidden_bias) @ out + out_bias.
    `embedding`: int8[2^bits, d]; the others float32; `inputs` as for trees, and may be none.
    """

    name: str
    bag: BagName
    bits: int
    embedding: str
    values: str
    pool_scale: float
    inputs: tuple[str, ...]
    mean: str
    deviation: str
    hidden: str
    hidden_bias: str
    out: str
    out_bias: float
    type: Literal["network"] = "network"
    __pydantic_config__: ClassVar = _STRICT


Head = Linear | Trees | Network


@dataclass(frozen=True, slots=True)
class Combine:
    """score = bias + sum(weight * head), with weights that change with the length of the text.

    A row of weights and a bias belong to each of `knots`, numbers of words: between two of them both are interpolated,
    outside of them those of the nearest hold.
    """

    heads: tuple[str, ...]
    knots: tuple[int, ...]
    weights: tuple[tuple[float, ...], ...]
    bias: tuple[float, ...]
    __pydantic_config__: ClassVar = _STRICT


@dataclass(frozen=True, slots=True)
class Language:
    """How texts of one language are scored; heads are computed in their order."""

    windows: Windows
    heads: tuple[Head, ...]
    combine: Combine
    min_words: int = (
        100  # characters for Chinese; below 100 words one threshold for all lengths has four times its false positives
    )
    __pydantic_config__: ClassVar = _STRICT


@dataclass(frozen=True, slots=True)
class Card:
    """What the JSON file says. `about` is the model card: data, licences, dates, figures; nothing is computed from it."""

    version: str
    made: str
    languages: Mapping[str, Language]
    tables: str
    sha256: str
    about: Mapping[str, Any] = field(default_factory=dict)
    format: Literal["lowbackground text classifier 1", "lowbackground text classifier 2"] = (
        "lowbackground text classifier 2"  # 1 had neither trigrams nor skeletons
    )
    __pydantic_config__: ClassVar = _STRICT


@dataclass(frozen=True, slots=True)
class Weights:
    """A card, its tables, and a digest of both."""

    card: Card
    tables: Tables
    digest: str


def shipped() -> Path:
    """The card in the package; there is none before a model was trained."""
    return Path(__file__).with_name("ai_text.json")


def shipped_calibration() -> Path:
    """The calibration in the package that belongs to `shipped`."""
    return Path(__file__).with_name("ai_text_calibration.json")


def write_weights(
    path: Path, languages: Mapping[str, Language], tables: Tables, *, version: str, made: str, about: Mapping[str, Any]
) -> Weights:
    """Write a card to `path` and its tables beside it, and read both back.

    Raises:
        WeightsError: the heads and the tables do not fit each other, or are too large.
    """
    beside = path.with_suffix(".safetensors")
    try:
        write_tables(beside, tables)
    except TableError as error:
        raise WeightsError(str(error)) from error
    digest = hashlib.sha256(beside.read_bytes()).hexdigest()
    card = Card(version, made, languages, beside.name, digest, about)
    path.write_bytes(orjson.dumps(card, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2) + b"\n")
    return read_weights(path)


def read_weights(path: Path) -> Weights:
    """The weights that a card describes.

    Raises:
        WeightsError: a file is missing, cut short or changed, or the card names what is not there.
    """
    from pydantic import TypeAdapter, ValidationError

    from lowbackground.detectors.text_classifier.check import problems

    try:
        with path.open("rb") as file:
            data = file.read(MAX_CARD + 1)
        if len(data) > MAX_CARD:
            raise WeightsError(f"{path}: is longer than {MAX_CARD} bytes, and no card is; {_AGAIN}")
        card = TypeAdapter(Card).validate_json(data)
        beside = path.parent / Path(card.tables).name  # the name only: a card cannot point elsewhere
        tables = read_tables(beside, card.sha256)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read ({error.strerror}); {_AGAIN}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part)[:40] for part in first["loc"])
        raise WeightsError(f"{path}: {place or 'the file'}: {first['msg']}; {_AGAIN}") from error
    except TableError as error:
        raise WeightsError(f"{error}; {_AGAIN}") from error
    if problem := next(problems(card, tables), None):
        raise WeightsError(f"{path}: {problem}; {_AGAIN}")
    return Weights(card, tables, hashlib.sha256(data).hexdigest())
