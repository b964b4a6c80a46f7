"""What is wrong with weights: tables that are missing, of another shape, or point outside of each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from lowbackground.detectors.text_classifier.bags import ENGLISH_BAGS, MAX_BITS
from lowbackground.detectors.text_classifier.style import STYLE_NAMES
from lowbackground.detectors.text_classifier.tables import Tables

if TYPE_CHECKING:
    from lowbackground.detectors.text_classifier.weights import Card, Combine, Linear, Network, Trees

_BAGS = {"en": tuple(ENGLISH_BAGS), "zh": ("character_ngrams",)}  # languages, and the bags that each has


def problems(card: "Card", tables: Tables) -> Iterator[str]:
    """What is wrong, the first first."""
    if not card.languages:
        yield f"languages: there is none; expected {' or '.join(_BAGS)}"
    for code, language in card.languages.items():
        if code not in _BAGS:
            yield f"languages.{code}: there are features for {', '.join(_BAGS)} only"
            return
        known: list[str] = ["words", *(STYLE_NAMES if code == "en" else ())]
        for head in language.heads:
            place = f"languages.{code}.{head.name}"
            if head.name in known:
                yield f"{place}: the name is taken"
            if head.type != "trees" and head.bag not in _BAGS[code]:
                yield f"{place}: bag {head.bag} does not exist for {code}"
            inputs = () if head.type == "linear" else head.inputs
            if unknown := [name for name in inputs if name not in known]:
                yield f"{place}: inputs {', '.join(unknown[:5])} are no features, nor heads before it"
            for problem in _of_head(head, tables):
                yield f"{place}: {problem}"
            known.append(head.name)
        yield from _of_combination(
            f"languages.{code}.combine", language.combine, [each.name for each in language.heads]
        )
        windows = language.windows
        if not (0 < windows.head <= windows.raw <= 1 << 20 and 0 <= windows.middle <= windows.raw):
            yield f"languages.{code}.windows: expected 0 < head <= raw <= 1048576 and 0 <= middle <= raw"


def _of_head(head: "Linear | Trees | Network", tables: Tables) -> Iterator[str]:
    if head.type == "trees":
        yield from _of_trees(head, tables)
        return
    if not 1 <= head.bits <= MAX_BITS:
        yield f"bits is {head.bits}, expected 1 to {MAX_BITS}"
        return
    yield from _shaped(tables, head.values, "i2", (None,))
    if head.type == "linear":
        yield from _shaped(tables, head.codes, "i1", (1 << head.bits,))
        return
    yield from _shaped(tables, head.embedding, "i1", (1 << head.bits, None))
    width = tables[head.embedding].shape[-1] + len(head.inputs) if head.embedding in tables else 0
    yield from _shaped(tables, head.mean, "f4", (len(head.inputs),))
    yield from _shaped(tables, head.deviation, "f4", (len(head.inputs),))
    if head.deviation in tables and not np.all(tables[head.deviation] > 0):  # inputs are divided by it
        yield f"table {head.deviation} has a deviation that is not above 0"
    yield from _shaped(tables, head.hidden, "f4", (width, None))
    units = tables[head.hidden].shape[-1] if head.hidden in tables else 0
    yield from _shaped(tables, head.hidden_bias, "f4", (units,))
    yield from _shaped(tables, head.out, "f4", (units,))


def _shaped(tables: Tables, name: str, dtype: str, shape: tuple[int | None, ...]) -> Iterator[str]:
    table = tables.get(name)
    if table is None:
        yield f"table {name} is not in the file; it has {', '.join(sorted(tables))[:200]}"
    elif table.dtype != np.dtype(dtype) or len(table.shape) != len(shape) or (not table.size and shape[0] != 0):
        yield f"table {name} is {table.dtype}{list(table.shape)}, expected {np.dtype(dtype)}{list(shape)}"
    elif any(wanted not in {None, found} for wanted, found in zip(shape, table.shape, strict=True)):
        yield f"table {name} has the shape {list(table.shape)}, expected {list(shape)}"
    elif table.dtype.kind == "f" and not np.isfinite(table).all():
        yield f"table {name} has numbers that are not finite"


def _of_trees(head: "Trees", tables: Tables) -> Iterator[str]:
    names = (head.feature, head.threshold, head.left, head.right, head.leaf, head.root)
    wrong = [
        problem
        for name, dtype in zip(names, ("i2", "f4", "i4", "i4", "i4", "i4"), strict=True)
        for problem in _shaped(tables, name, dtype, (None,))
    ]
    if wrong:
        yield from wrong
        return
    feature, threshold, left, right, leaf, root = (tables[name] for name in names)
    nodes = len(feature)
    if not len(threshold) == len(left) == len(right) == nodes:
        yield "feature, threshold, left and right must be of one length"
    elif feature.min() < 0 or feature.max() >= len(head.inputs):
        yield f"table {head.feature} names inputs outside of 0..{len(head.inputs) - 1}"
    elif any(each.min() < -len(leaf) or each.max() >= nodes for each in (left, right, root)):
        yield "left, right or root point outside of the nodes and leaves"
    elif any((each >= 0).any() and (each[each >= 0] <= np.flatnonzero(each >= 0)).any() for each in (left, right)):
        yield "left or right point back: a node must stand before its children"


def _of_combination(place: str, combine: "Combine", heads: list[str]) -> Iterator[str]:
    if unknown := [name for name in combine.heads if name not in heads]:
        yield f"{place}: no head is called {', '.join(unknown)}"
    rows = len(combine.knots)
    if not rows or len(combine.weights) != rows or len(combine.bias) != rows:
        yield f"{place}: {rows} knots, {len(combine.weights)} rows of weights and {len(combine.bias)} biases: expected one each"
    if any(len(row) != len(combine.heads) for row in combine.weights):
        yield f"{place}: each row of weights must have {len(combine.heads)} numbers"
    if list(combine.knots) != sorted(set(combine.knots)):
        yield f"{place}: knots must ascend"
