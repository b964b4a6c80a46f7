"""From trained numbers to the tables that ship: whole numbers that add up to the same on every machine."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAF_SCALE = 2.0**-20  # of the leaves of trees: steps of a millionth


def count_values(longest: int = 32) -> NDArray[np.int16]:
    """What a count is worth: 1 + ln(count), in 64ths; 0 for none."""
    counts = np.arange(1, longest + 1, dtype=np.float64)
    return np.concatenate(([0], np.round(64 * (1 + np.log(counts))))).astype(np.int16)


def to_codes(weights: NDArray[np.floating[Any]]) -> tuple[NDArray[np.int8], float]:
    """Weights of a `Linear` head as codes, and the scale: weight = scale * code * |code|.

    Squares, because most weights are small and the few large ones belong to the most frequent n-grams.
    """
    scale = (float(np.abs(weights).max(initial=0.0)) or 1.0) / 127**2
    return (np.sign(weights) * np.round(np.sqrt(np.abs(weights) / scale))).astype(np.int8), scale


def to_int8(weights: NDArray[np.floating[Any]]) -> tuple[NDArray[np.int8], float]:
    """Numbers of an embedding as int8, and the scale that gives them back."""
    scale = (float(np.abs(weights).max(initial=0.0)) or 1.0) / 127
    return np.round(weights / scale).astype(np.int8), scale


def forest(booster: Any) -> Mapping[str, NDArray[Any]]:
    """The trees of a LightGBM booster as the tables `feature, threshold, left, right, leaf, root` of a `Trees` head.

    Its raw score is the sum of the leaves times `LEAF_SCALE`. Inputs must be float32: thresholds are rounded down to
    float32, which decides every float32 as before.

    Raises:
        ValueError: a split is not numerical, or looks for missing values.
    """
    nodes: dict[str, list[float]] = {"feature": [], "threshold": [], "left": [], "right": []}
    leaves: list[float] = []
    roots = [_tree(each["tree_structure"], nodes, leaves) for each in booster.dump_model()["tree_info"]]
    exact = np.asarray(nodes["threshold"], np.float64)
    threshold = exact.astype(np.float32)
    above = threshold.astype(np.float64) > exact
    threshold[above] = np.nextafter(threshold[above], np.float32(-np.inf))
    return {
        "feature": np.asarray(nodes["feature"], np.int16),
        "threshold": threshold,
        "left": np.asarray(nodes["left"], np.int32),
        "right": np.asarray(nodes["right"], np.int32),
        "leaf": np.round(np.asarray(leaves, np.float64) / LEAF_SCALE).astype(np.int32),
        "root": np.asarray(roots, np.int32),
    }


def _tree(node: Mapping[str, Any], nodes: dict[str, list[float]], leaves: list[float]) -> int:
    """Append a tree to the tables; its place, as a node or as ~leaf."""
    if "leaf_value" in node and "split_feature" not in node:
        leaves.append(node["leaf_value"])
        return ~(len(leaves) - 1)
    if node["decision_type"] != "<=" or node["missing_type"] not in {"None", "NaN"}:
        raise ValueError(f"split by {node['decision_type']} with missing {node['missing_type']}: expected <= and None")
    place = len(nodes["feature"])
    nodes["feature"].append(node["split_feature"])
    nodes["threshold"].append(node["threshold"])
    nodes["left"].append(0)
    nodes["right"].append(0)
    nodes["left"][place] = _tree(node["left_child"], nodes, leaves)
    nodes["right"][place] = _tree(node["right_child"], nodes, leaves)
    return place
