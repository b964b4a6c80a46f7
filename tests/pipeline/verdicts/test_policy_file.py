"""Reading a policy: whatever could be a slip of the pen is an error that names file, rule and key."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from lowbackground.detectors.era import CUTOFFS
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.verdicts.conditions import KEYS
from lowbackground.pipeline.verdicts.policy import Policy
from lowbackground.pipeline.verdicts.policy_file import SHIPPED, load_policy, parse_policy

RULE = {"name": "mine", "label": "synthetic", "when": {"basis": "declared", "signal": "synthetic"}}


def policy(*rules: dict[str, Any], **more: Any) -> Policy:
    return parse_policy({"version": 1, "rules": list(rules), **more}, "mine.yaml", "mine")


def test_a_minimal_policy_takes_its_name_from_the_file_and_its_cut_offs_from_the_standard() -> None:
    mine = policy(RULE)
    assert (mine.name, mine.cutoffs) == ("mine", CUTOFFS)


def test_a_cut_off_may_be_a_date_or_a_string_and_leaves_the_others_alone() -> None:
    for day in ("2020-01-31", yaml.safe_load("2020-01-31")):
        cutoffs = policy(RULE, cutoffs={"video": day}).cutoffs
        assert cutoffs["video"].isoformat() == "2020-01-31"
        assert cutoffs["text"] == CUTOFFS["text"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"when": {"bases": "signed"}}, "rule mine: when: unknown condition bases; there are basis, signal,"),
        ({"when": {"basis": "sigend"}}, "rule mine: when.basis: 'sigend' is not one of signed, watermark,"),
        ({"when": {"any": [{"basis": "signed"}, {"signal": "silent"}]}}, "rule mine: when.any[1].signal: 'silent'"),
        ({"when": {"signal": "skipped"}}, "'skipped' is not one of human, mixed, synthetic, failed"),
        ({"when": {"all": [{"basis": "signed"}], "signal": "human"}}, "`all` stands alone in its mapping; move signal"),
        ({"when": [{"basis": "signed"}]}, "when: must be a mapping of conditions"),
        ({"when": {"any": {"basis": "signed"}}}, "when.any: must be a list of at least one condition"),
        ({"when": {"basis": []}}, "when.basis: must be a word or a list of words"),
        ({"when": {"basis": 3}}, "when.basis: must be a word or a list of words, not '3'"),
        ({"when": {"fpr_at_most": "small"}}, "when.fpr_at_most: must be a number from 0 to 1"),
        ({"when": {"fpr_at_most": 2}}, "when.fpr_at_most: must lie between 0 and 1, not 2"),
        ({"when": {"p_at_least": True}}, "when.p_at_least: must be a number"),
        ({"when": {"p_at_least": float("nan")}}, "when.p_at_least: must be a number"),
        ({"when": {"strength_at_least": "sure"}}, "'sure' is not one of near_certain, strong, weak"),
        ({"when": {"camera_issuer": "yes"}}, "when.camera_issuer: must be true or false, not 'yes'"),
        ({"when": {"grade": "intact"}}, "when.grade: 'intact' matches none of intact/trusted,"),
        ({"when": {"claim": "captured"}}, "when.claim: 'captured' is not one of human_capture,"),
        ({"when": {"trust_tier": "official"}}, "'official' is not one of c2pa, interim, capture, other"),
        ({"unless": {}}, "rule mine: unless: must be a mapping of conditions"),
        ({"unless": None}, "rule mine: unless: must be a mapping of conditions"),
        ({"label": "Human"}, "rule mine: label: 'Human' is not one of human, synthetic, unknown"),
        ({"kind": "edit"}, "rule mine: kind: 'edit' is not one of generated, edited,"),
        ({"name": "My rule"}, "name: 'My rule' must be lower-case letters"),
        ({"then": "drop"}, "rule mine: unknown key then; there are name, when, unless, label, kind"),
        ({"when": {1: 2}}, "unknown condition 1"),
    ],
)
def test_a_slip_in_a_rule_is_refused_with_file_rule_and_key(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        policy(RULE | rule)
    assert str(refused.value).startswith("mine.yaml: rule ")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ({"rules": [RULE]}, "version: must be 1"),
        ({"version": 1, "rules": [RULE], "rule": []}, "unknown key rule"),
        ({"version": 1, "rules": [RULE, RULE]}, "mine stands twice"),
        ({"version": 1, "rules": [3]}, "rule 1: must be a mapping"),
        ({"version": 1, "rules": [{"label": "human"}]}, "rule 1: misses name, when"),
        ({"version": 1, "rules": [RULE], "cutoffs": {"image": "2020-01-01"}}, "cutoffs: image is no media kind"),
        ({"version": 1, "rules": [RULE], "cutoffs": {"text": "2020"}}, "cutoffs.text: '2020' is not a day"),
        ({"version": 1, "rules": [RULE], "cutoffs": []}, "cutoffs: must be a mapping"),
        ({"version": 1, "rules": [RULE], "definitions": {"x": {"bases": 1}}}, "definitions.x: unknown condition bases"),
        ({"version": 1, "rules": [RULE] * 1001}, "1001 rules, more than 1000"),
    ],
)
def test_a_slip_outside_the_rules_is_refused(file: object, message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_policy(file, "mine.yaml", "mine")
    assert message in str(refused.value)


@pytest.mark.parametrize(
    "when",
    [
        {"basis": "signed", "claim": "human_capture"},
        {"signal": ["human", "mixed"]},
        {"captured_before_cutoff": True},
        {"any": [{"signal": "human"}, {"captured_before_cutoff": True}]},
        {"signal": "failed"},
    ],
)
def test_a_human_label_that_could_do_without_human_evidence_is_refused(when: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="add `signal: human`"):
        policy(RULE | {"label": "human", "when": when})


def test_a_human_label_may_rest_on_one_of_several_findings() -> None:
    policy(RULE | {"label": "human", "when": {"all": [{"signal": "human"}, {"captured_before_cutoff": True}]}})


def test_equal_rules_have_equal_digests_however_they_are_written() -> None:
    one = policy(RULE | {"when": {"signal": ["synthetic", "mixed"], "grade": "intact/*"}})
    other = policy(
        RULE
        | {
            "when": {"grade": ["intact/trusted", "intact/untrusted", "intact/[!tu]*"], "signal": ["mixed", "synthetic"]}
        },
        name="other",
        cutoffs={"text": "2022-11-30"},
        definitions={"unused": {"basis": "known"}},
    )
    assert one.digest == other.digest
    assert one.digest != policy(RULE | {"when": {"signal": ["synthetic", "mixed"]}}).digest
    assert one.digest != policy(RULE, cutoffs={"text": "2022-11-29"}).digest


def test_aliases_that_multiply_without_bound_are_refused(tmp_path: Path) -> None:
    lines = ["version: 1", "definitions:", "  a0: &a0 {basis: signed}"]
    lines += [f"  a{n}: &a{n} {{any: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    lines += ["rules:", "  - {name: bomb, label: unknown, when: *a11}"]
    path = tmp_path / "bomb.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigError, match="more than 10000 conditions"):
        load_policy(path)


def test_an_alias_to_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "loop.yaml"
    path.write_text("version: 1\nrules:\n  - {name: a, label: unknown, when: &w {all: [*w]}}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="nested more than 20 deep"):
        load_policy(path)


def test_a_name_that_is_neither_shipped_nor_a_file_says_what_is_shipped() -> None:
    with pytest.raises(ConfigError, match=r"'strct': no such file; shipped are standard, strict, lenient"):
        load_policy("strct")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_policy("missing.yaml")


def test_a_policy_in_a_folder_of_yours_loads_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "my-own.yaml"
    path.write_text("version: 1\nrules:\n  - {name: a, label: unknown, when: {fpr_at_most: 1e-9}}\n", encoding="utf-8")
    mine = load_policy(path)
    assert mine.name == "my-own"
    assert mine.rules[0].when.get("fpr_at_most") == 1e-9  # type: ignore[union-attr] - a leaf; YAML gave a string


def test_every_condition_has_a_meaning_and_the_shipped_policies_use_most_of_them() -> None:
    assert all(key.meaning for key in KEYS.values())
    used = yaml.safe_dump(
        [[repr(rule.when) + repr(rule.unless) for rule in load_policy(name).rules] for name in SHIPPED]
    )
    assert {name for name in KEYS if f"'{name}'" not in used.replace("''", "'")} <= {"part"}
