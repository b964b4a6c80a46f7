"""Heads that never saw a group of texts, on the scale of the heads that are kept.

Heads that were fitted without a group agree with the kept ones in the order of texts, and differ in where their scales
lie: a threshold that is read from their raw outputs is off for the kept heads. So some human texts train nothing. To
every model they are new texts, and by their outputs those of a fold's heads are put on the scale of the kept ones.

- Texts that both trained on would not do: a model flatters what it knows, the more the less it has seen.
- Nor would human texts of the group itself, set to one mean and deviation in every group: that hides the group whose
  people write like machines, which thresholds have to rise for.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lowbackground.detectors.text_classifier.fit import Material, fit, outputs
from lowbackground.detectors.text_classifier.fit_examples import Floats, Seen
from lowbackground.detectors.text_classifier.fit_heads import HeadsFit, Recipe

_NONE = 1e-9  # a deviation of outputs, log-odds of a few units, that is rounding: a forest without a split


@dataclass(frozen=True, slots=True)
class Aligned:
    """Heads of a fold, with the slope and the shift that put each of their outputs on the scale of the kept heads."""

    heads: Callable[[Seen], Floats]
    slope: Floats
    shift: Floats

    def __call__(self, seen: Seen) -> Floats:
        """The outputs on the common scale, one row a text and one column for each of `HEADS`."""
        return self.heads(seen) * self.slope + self.shift


def aligned(heads: Callable[[Seen], Floats], found: Floats, wanted: Floats) -> Aligned:
    """Heads that gave `found` for some texts, moved so that mean and deviation become those of `wanted`."""
    spread = found.std(axis=0)
    slope = np.divide(wanted.std(axis=0), spread, out=np.ones_like(spread), where=spread > _NONE)
    return Aligned(heads, slope, wanted.mean(axis=0) - slope * found.mean(axis=0))


@dataclass(frozen=True, slots=True)
class Kept:
    """The heads that are kept, and what their scale is known by; masks have one element a text.

    `trains` are the texts that they were fitted on, `bridge` human texts that train nothing, `on_bridge` the outputs
    for those.
    """

    heads: HeadsFit
    trains: NDArray[np.bool_]
    bridge: NDArray[np.bool_]
    on_bridge: Floats


def fit_kept(
    material: Material, trains: NDArray[np.bool_], bridge: NDArray[np.bool_], recipe: Recipe, seed: int
) -> Kept:
    """The heads of all texts that train."""
    heads = fit(material, np.flatnonzero(trains), recipe, seed)
    return Kept(heads, trains, bridge, outputs(heads, material, np.flatnonzero(bridge)))


def fit_without(kept: Kept, material: Material, group: NDArray[np.bool_], recipe: Recipe, seed: int) -> Aligned:
    """Heads that saw nothing of a group, on the scale of the kept ones by the bridge outside of the group."""
    heads = fit(material, np.flatnonzero(kept.trains & ~group), recipe, seed)
    found = outputs(heads, material, np.flatnonzero(kept.bridge & ~group))
    return aligned(heads, found, kept.on_bridge[~group[kept.bridge]])
