"""docs/calibration.md says what the program does."""

import re
from inspect import signature
from pathlib import Path

import pytest

from lowbackground.detectors.calibration import calibrate, scored
from lowbackground.detectors.calibration.confidence import DELTA, RATES, records_needed
from lowbackground.detectors.calibration.curves import MIN_MACHINE
from lowbackground.detectors.calibration.strata import EDGES, LEAST
from lowbackground.detectors.score_column import REASONS, score_column
from lowbackground.pipeline.cli import calibrate as command
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.verdicts.policy_file import load_policy

TEXT = (Path(__file__).parents[1] / "docs" / "calibration.md").read_text(encoding="utf-8")


def test_the_records_that_a_rate_takes() -> None:
    rows = re.findall(r"^\| ([\d.]+) % \| ([\d,]+) \|$", TEXT, re.MULTILINE)
    assert rows == [(f"{100 * rate:g}", f"{records_needed(rate):,}") for rate in RATES]


def test_numbers_are_those_of_the_program() -> None:
    assert f"≤ {DELTA}" in TEXT
    assert f"at least {LEAST} human records borrows" in TEXT
    assert f"It takes {MIN_MACHINE} machine records" in TEXT
    assert f"at least {records_needed(calibrate.GROUP_RATE)} human records has at most 1 %" in TEXT
    assert f"`--rate {calibrate.RATE}`" in TEXT
    assert f"`--lengths {','.join(map(str, EDGES))}`" in TEXT
    assert f"`--valid-days {calibrate.VALID_DAYS}`" in TEXT
    assert scored.STALE_LLR == 0.5
    assert f"`fpr` is multiplied by {scored.STALE_FPR:g}" in TEXT


def test_the_rule_of_the_standard_policy_is_the_one_that_is_described() -> None:
    (rule,) = [rule for rule in load_policy("standard").rules if rule.name == "classifier"]
    assert "fpr_at_most" in repr(rule.when)
    assert "0.01" in repr(rule.when)
    assert "0.9" in repr(rule.when)


@pytest.mark.parametrize(
    "option", ["machine", "from_era", "group_column", "rate", "lengths", "valid_days", "text", "limit", "sample"]
)
def test_every_option_is_named(option: str) -> None:
    assert option in signature(command.calibrate).parameters
    assert f"--{option.replace('_', '-')}" in TEXT


@pytest.mark.parametrize("option", [name for name in signature(score_column).parameters if name != "run"])
def test_every_option_of_score_column_is_named(option: str) -> None:
    assert f"{option}:" in TEXT or f"`{option}`" in TEXT


def test_the_reasons_that_are_named_are_given() -> None:
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", TEXT))
    given = {reason.partition(".")[2] for reason in REASONS}
    assert named <= given


def test_the_examples_are_right_configurations() -> None:
    import yaml

    examples = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]
    for example in examples:
        Config.model_validate(example)
    (options,) = [
        example["detectors"]["score_column"] for example in examples if "score_column" in example["detectors"]
    ]
    assert set(options) <= set(signature(score_column).parameters)


def test_the_example_of_a_detector_runs() -> None:
    from datetime import UTC, datetime

    from lowbackground.detectors.contract import RunFacts
    from tests.factories import records

    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    code = re.sub(r"read_calibration\(path, scale\)", "None", block)
    names = {"records": records([{"text": "A text."}]), "row": 0, "score": 0.5, "run": RunFacts(datetime.now(UTC))}
    exec(code, names)
    assert names["evidence"].score == 0.5
    assert names["evidence"].reason in names["REASONS"]
