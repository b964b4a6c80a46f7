"""The contract, kept by every installed detector."""

import pytest

from lowbackground.detectors.conformance import check_detector, sample_batches
from lowbackground.detectors.contract import RunFacts
from lowbackground.detectors.registry import OWN, Available, available, build, default_names
from lowbackground.pipeline.judge import judge
from tests.factories import AS_OF

INSTALLED = available()
every_detector = pytest.mark.parametrize("found", INSTALLED, ids=[each.name for each in INSTALLED])


@every_detector
def test_it_loads_and_says_what_it_finds(found: Available) -> None:
    assert found.error is None
    assert found.summary


@every_detector
def test_it_keeps_the_contract(found: Available) -> None:
    if any(option.required for option in found.options):
        pytest.skip("needs options that only its own tests know")
    (detector,) = build({found.name: {}}, RunFacts(AS_OF))
    check_detector(detector)


def test_the_built_in_detectors_that_need_no_option_run_by_default() -> None:
    assert set(default_names()) == {
        found.name
        for found in INSTALLED
        if found.distribution == OWN and not any(option.required for option in found.options)
    }


def test_together_they_give_every_row_one_finding_each() -> None:
    detectors = build({name: {} for name in default_names()}, RunFacts(AS_OF))
    for batch in sample_batches():
        judgement = judge(batch, detectors)
        assert [len(row) for row in judgement.findings] == [len(detectors)] * batch.num_rows
        assert all(len(column) == batch.num_rows for column in judgement.columns.values())
