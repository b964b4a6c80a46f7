"""What trains, and that a fold never sees its group."""

import numpy as np
import pytest

from benchmarks.ai_text import rebuild
from benchmarks.ai_text.rebuild import Diet, examples_of, training_rows
from benchmarks.ai_text.sources import Folds, may_train
from benchmarks.ai_text.texts import Texts
from lowbackground.detectors.text_classifier import fit_folds
from lowbackground.detectors.text_classifier.features import prepared
from lowbackground.detectors.text_classifier.fit import WINDOWS, material
from lowbackground.detectors.text_classifier.fit_heads import GUARDED, PLAIN
from tests.detectors.text_classifier.toy import prose, small_recipe

PARTS = (
    ("glimpse", "human"), ("glimpse", "core"), ("l2r", "human"), ("l2r", "edited"), ("detectrl", "human"),
    ("detectrl", "core"), ("detectrl", "attack"), ("fastdetectgpt", "base"), ("human_health_qa", "human"), ("lastde", "human"),
)  # fmt: skip
FOLDS = Folds(
    (0,),
    {"glimpse": "a", "fastdetectgpt": "a", "lastde": "a", "l2r": "b", "detectrl": "c", "human_health_qa": "once"},
    "once",
)


def texts(each: int) -> Texts:
    rows = [(file, kind) for file, kind in PARTS for _ in range(each)]
    words = [
        prose(machine=kind in {"core", "edited", "attack"}, words=90, seed=seed) for seed, (_, kind) in enumerate(rows)
    ]
    files, kinds = (np.array(column) for column in zip(*rows, strict=True))
    labels = ["machine" if kind != "human" else "human" for kind in kinds]
    trains = np.array([may_train(file, "core", label) for file, label in zip(files, labels, strict=True)])
    blank = np.array([""] * len(rows))
    return Texts(files, blank, blank, blank, kinds, trains, words, [prepared(text.encode(), WINDOWS) for text in words])


def test_unlicensed_human_text_and_attacks_never_train():
    some = texts(3)
    chosen = training_rows(some, Diet(), 0)
    trained = set(zip(some.file[chosen].tolist(), some.kind[chosen].tolist(), strict=True))
    assert trained == set(PARTS) - {("detectrl", "human"), ("lastde", "human"), ("detectrl", "attack")}


def test_a_source_trains_with_no_more_than_its_share():
    some = texts(5)
    chosen = training_rows(some, Diet(most=2), 0)
    assert np.count_nonzero(chosen & (some.file == "glimpse") & (some.kind == "core")) == 2


def test_base_models_are_negatives_of_less_weight():
    examples = examples_of(texts(1), Diet())
    base = examples.source == "fastdetectgpt/base"
    assert not examples.machine[base].any()
    assert (examples.emphasis[base, GUARDED] < 1).all()
    assert (examples.emphasis[base, PLAIN] == 0).all()


@pytest.mark.parametrize("touch", [False, True])
def test_no_fold_sees_its_group_and_the_last_group_only_when_touched(monkeypatch, touch):
    some = texts(12)
    recipe = small_recipe(bits=12)
    ready = material(examples_of(some, Diet()), recipe, 0)
    groups = rebuild.groups_of(some, FOLDS)
    trained_on = []
    fit = fit_folds.fit
    monkeypatch.setattr(
        fit_folds, "fit", lambda whole, rows, *rest: trained_on.append(set(groups[rows])) or fit(whole, rows, *rest)
    )
    found = rebuild.cross_fit(some, ready, FOLDS, recipe, Diet(), 0, touch=touch)
    everything = {"a", "b", "c", *(["once"] if touch else [])}
    assert trained_on == [everything, *(everything - {group} for group in sorted(everything))]
    assert np.isnan(found.whole[groups == "once"]).all() == (not touch)
    assert not np.isnan(found.whole[groups != "once"]).any()
