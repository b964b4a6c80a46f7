"""What a Chinese head would be worth: one linear head over n-grams of characters, with the same rules of data.

Human texts with a permissive licence are few, and news above all; those of HC3 (CC-BY-SA) can only evaluate. The head does not
ship: thresholds from answers to questions do not hold for formal prose, of which there is too little to calibrate on.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.ai_text.measure import figures, rounded
from benchmarks.ai_text.sources import rewritten
from benchmarks.ai_text.table import Scored
from benchmarks.ai_text.texts import Texts, read_texts
from lowbackground.detectors.text_classifier.chinese import chinese_gates
from lowbackground.detectors.text_classifier.features import SLICE, chinese_features, prepared_chinese
from lowbackground.detectors.text_classifier.fit_examples import Examples, unit_rows
from lowbackground.detectors.text_classifier.fit_linear import LinearFit, LinearRecipe, fit_linear
from lowbackground.detectors.text_classifier.gates import PASSED
from lowbackground.detectors.text_classifier.windows import Windows

WINDOWS = Windows(raw=16_000, head=1_500)  # characters after normalising
MIN_CHARACTERS = 100
RECIPE = LinearRecipe(bits=19)
GROUPS = {"hc3_chinese": "hc3", "hc3plus": "hc3"}  # hc3plus holds HC3's questions again; other files stand alone


def chinese(folder: Path, seed: int) -> Scored:
    """Every Chinese text scored by a model without its group, in deviations of the human texts."""
    texts, normal, characters = _prose(read_texts(folder, "zh"))
    features = [chinese_features(normal[at : at + SLICE]) for at in range(0, len(normal), SLICE)]
    matrix = unit_rows(features)
    groups = np.array([GROUPS.get(file, file) for file in texts.file.tolist()])
    trains = texts.trains & ((texts.kind != "edited") | rewritten(texts.file, texts.kind))

    def fit(rows: np.ndarray) -> LinearFit:
        machine = texts.kind[rows] != "human"
        emphasis = np.where(texts.kind[rows] == "edited", 0.2, 1.0)
        examples = Examples((), machine, texts.file[rows].astype(str), emphasis[:, None])
        return fit_linear(matrix[rows], examples, RECIPE, seed)

    final = fit(np.flatnonzero(trains))
    bridge = (texts.kind == "human") & ~texts.trains
    found = np.full(len(texts), np.nan)
    for group in np.unique(groups).tolist():
        head = fit(np.flatnonzero(trains & (groups != group)))
        others = np.flatnonzero(bridge & (groups != group))
        wanted, got = final(matrix[others]), head(matrix[others])
        slope = wanted.std() / got.std()
        rows = np.flatnonzero(groups == group)
        found[rows] = (head(matrix[rows]) - got.mean()) * slope + wanted.mean()
    deviation = float(found[texts.kind == "human"].std())
    return Scored(texts, found / deviation, characters, groups)


def _prose(texts: Texts) -> tuple[Texts, list[str], np.ndarray]:
    normal = [prepared_chinese(text.encode(), WINDOWS) for text in texts.text]
    passed = [chinese_gates(normal[at : at + SLICE], MIN_CHARACTERS) for at in range(0, len(normal), SLICE)]
    characters = np.concatenate([each[0] for each in passed])
    rows = np.flatnonzero(np.concatenate([each[1] for each in passed]) == PASSED)
    return replace(texts.only(rows), normal=()), [normal[row] for row in rows.tolist()], characters[rows]


def measured(folder: Path, seed: int = 0) -> dict[str, list[object]]:
    """Figures by held-out group, and of each source's human texts the median score, in deviations of all."""
    scored = chinese(folder, seed)
    rows: dict[str, list[object]] = {}
    for group in np.unique(scored.groups).tolist():
        inside = scored.groups == group
        human = scored.scores[scored.human & inside]
        found = figures(human, scored.scores[scored.counted & inside])
        rows[group] = [*found.row(), rounded(np.median(human), 2)]
    rows["all, unedited machine text"] = [*figures(scored.scores[scored.human], scored.scores[scored.core]).row(), None]
    return rows
