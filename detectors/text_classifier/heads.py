"""What the heads of the classifier compute, for all texts of a slice at once.

Sums over n-grams and over trees are sums of whole numbers, and all else is done number by number in a fixed order (no
BLAS): so a score is the same on every machine, in every batch and with any number of threads.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.bags import MAX_BITS, Bags
from lowbackground.detectors.text_classifier.tables import Tables
from lowbackground.detectors.text_classifier.weights import Linear, Network, Trees

Floats = NDArray[np.float64]
CUT = 5.0  # standard deviations of an input beyond which more of it says no more


def linear(head: Linear, bag: Bags, tables: Tables) -> Floats:
    """The output of a linear head for each text; 0 for a text without n-grams."""
    bucket, value, norm = _weighed(bag, head.bits, tables[head.values])
    codes = tables[head.codes].take(bucket).astype(np.int64)
    sums = _sums(codes * np.abs(codes) * value, bag)
    return sums.astype(np.float64) * head.scale / norm


def network(head: Network, bag: Bags, inputs: Mapping[str, Floats], tables: Tables) -> Floats:
    """The output of a network for each text."""
    bucket, value, norm = _weighed(bag, head.bits, tables[head.values])
    embedded = tables[head.embedding].take(bucket, axis=0).T
    pooled = np.stack([_sums(column * value, bag) for column in embedded]).astype(np.float64) * head.pool_scale / norm
    beside = np.empty((len(head.inputs), len(norm)))
    for row, name in enumerate(head.inputs):
        beside[row] = inputs[name]
    mean, deviation = (tables[each].astype(np.float64)[:, None] for each in (head.mean, head.deviation))
    rows = np.concatenate((pooled, np.clip((beside - mean) / deviation, -CUT, CUT)))
    hidden = np.tile(tables[head.hidden_bias].astype(np.float64)[:, None], len(norm))
    for row, weights in zip(rows, tables[head.hidden].astype(np.float64), strict=True):
        hidden += weights[:, None] * row
    output = np.full(len(norm), head.out_bias)
    for unit, weight in zip(np.maximum(hidden, 0.0), tables[head.out].astype(np.float64), strict=True):
        output += unit * weight
    return output


def _weighed(bag: Bags, bits: int, values: NDArray[np.int16]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Bucket and value of each entry, and the norm of each text."""
    value = values.take(np.minimum(bag.count, len(values) - 1)).astype(np.int64)
    norm = np.sqrt(np.maximum(_sums(value * value, bag), 1).astype(np.float64))
    return (bag.bucket >> (MAX_BITS - bits)).astype(np.int64), value, norm


def _sums(values: NDArray[np.int64], bag: Bags) -> NDArray[np.int64]:
    """Sums over the entries of each text."""
    sums = np.zeros(len(bag.indptr) - 1, np.int64)
    filled = np.flatnonzero(np.diff(bag.indptr))
    if len(filled):
        sums[filled] = np.add.reduceat(values, bag.indptr[filled])
    return sums


def trees(head: Trees, inputs: Mapping[str, Floats], tables: Tables) -> Floats:
    """The output of a forest for each text."""
    feature, threshold = tables[head.feature], tables[head.threshold]
    left, right, leaf = tables[head.left], tables[head.right], tables[head.leaf]
    rows = np.stack([inputs[name] for name in head.inputs]).astype(np.float32)
    texts, flat = rows.shape[1], rows.ravel()
    roots = tables[head.root]
    place = np.repeat(roots, texts).astype(np.int64)  # of each text in each tree
    text = np.tile(np.arange(texts), len(roots))
    inner = np.flatnonzero(place >= 0)
    while len(inner):  # children stand after their node, so this ends
        node = place[inner]
        goes_left = flat.take(feature.take(node) * np.int64(texts) + text[inner]) <= threshold.take(node)
        place[inner] = after = np.where(goes_left, left.take(node), right.take(node))
        inner = inner[after >= 0]
    reached = leaf.take(~place).astype(np.int64).reshape(len(roots), texts)
    output: Floats = reached.sum(axis=0).astype(np.float64) * head.scale
    return output
