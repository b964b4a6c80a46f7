"""The cascade in a run: what the file says reaches it, rows say why a model was not asked, and redecide stays honest."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lowbackground import annotate
from lowbackground.detectors.contract import Needs
from lowbackground.pipeline.cascade import Cascade
from lowbackground.pipeline.cli.run import with_settings
from lowbackground.pipeline.config import Cascade as Section
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.decide import Decider
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.runs.redecide import redecide
from lowbackground.pipeline.runs.run import run
from lowbackground.pipeline.runs.summary import summary
from lowbackground.pipeline.verdicts.policy_file import load_policy
from lowbackground.pipeline.verdicts.priors import load_priors
from tests.factories import records
from tests.fakes import FakeModel

MACHINE = "a machine wrote of the weather " * 12
LATER = "version: 1\nrules:\n  - {name: machine, label: synthetic, when: {basis: classifier, signal: synthetic}}\n"


def evidence(out: str | Path) -> dict[str, tuple[str | None, str, list[str]]]:
    """Rule, reason of the model and notes of each row."""
    found = {}
    for path in sorted(Path(out).glob("*/*.parquet")):
        for row in pq.read_table(path).to_pylist():
            (each,) = [each for each in row["prov_evidence"] if each["detector"] == "heavy"]
            found[row["prov_id"]] = (row["prov_rule"], each["reason"], row["prov_notes"])
    return found


def dated(config: Config, **values: object) -> Config:
    """The run with `era`, and the second text of each shard captured before it."""
    for path in Path(config.inputs[0]).iterdir():
        lines = path.read_text().splitlines()
        lines[1] = lines[1].replace("{", '{"when": "2016-01-01", ', 1)
        path.write_text("\n".join(lines) + "\n")
    read = {"columns": {"captured_at": "when", "captured_at_kind": "captured"}}
    return config.with_values(detectors={**config.detectors, "era": {"enabled": True}}, read=read, **values)


def test_a_row_says_why_the_model_was_not_asked(heavy_run: Callable[..., Config]) -> None:
    config = dated(heavy_run([MACHINE, MACHINE, "a machine"]))
    result = run(config)
    assert result.exit_code == 0
    assert result.tally.withheld == {"heavy already-decided": 1, "heavy not-long-enough": 1}
    assert "not shown to a model" in summary(result)
    assert evidence(config.out) == {
        "0-0": ("classifier", "heavy.machine", []),
        "0-1": ("era", "already-decided", []),
        "0-2": (None, "not-long-enough", []),
    }


def test_annotate_shows_the_model_what_a_run_shows_it(heavy_run: Callable[..., Config]) -> None:
    import pyarrow as pa

    config = heavy_run([MACHINE], cascade={"share": 0.5})
    ids = [f"0-{number}" for number in range(40)]
    table = annotate(pa.table({"id": ids, "text": [MACHINE] * 40}), config)
    reasons = [
        next(each["reason"] for each in row if each["detector"] == "heavy")
        for row in table["prov_evidence"].to_pylist()
    ]
    assert set(reasons) == {"heavy.machine", "not-sampled"}
    run(config)
    assert evidence(config.out)["0-0"][1] == reasons[0]


@pytest.mark.parametrize(
    ("values", "reasons"),
    [
        ({}, ["heavy.machine", "already-decided", "not-long-enough"]),
        ({"records": "all"}, ["heavy.machine", "heavy.machine", "not-long-enough"]),
        ({"records": "all", "min_chars": 0}, ["heavy.machine"] * 3),
        ({"share": 0.0}, ["not-sampled", "already-decided", "not-sampled"]),
    ],
)
def test_the_file_decides_what_the_model_is_shown(
    heavy_run: Callable[..., Config], values: dict[str, Any], reasons: list[str]
) -> None:
    config = dated(heavy_run([MACHINE, MACHINE, "a machine"]), cascade=values)
    run(config)
    assert [reason for _, (_, reason, _) in sorted(evidence(config.out).items())] == reasons


def test_every_key_is_reached_from_the_command_line_and_checked() -> None:
    config = with_settings(Config(), ["cascade.share=0.25", "cascade.min_chars=1000", "cascade.records=all"])
    assert config.cascade == Section(records="all", min_chars=1000, share=0.25)
    for wrong in ("cascade.share=2", "cascade.min_chars=-1", "cascade.records=some", "cascade.shares=1"):
        with pytest.raises(ConfigError, match=wrong.partition("=")[0]):
            with_settings(Config(), [wrong])


def test_another_cascade_is_another_run(heavy_run: Callable[..., Config]) -> None:
    config = heavy_run([MACHINE])
    run(config)
    with pytest.raises(ConfigError, match=r"cascade.share was 1.0 and is 0.5"):
        run(config.with_values(cascade={"share": 0.5}))


def test_the_length_of_a_caption_is_not_the_length_of_a_picture() -> None:
    batch = records([{"text": "short", "raw": b"x", "media_type": "image/png"}])
    text, media = FakeModel(name="text"), FakeModel(name="media", needs=Needs(("raw",), kinds=("picture",)))
    decider = Decider.of(load_policy("standard"), load_priors("standard"), Config())
    judgement = Cascade(Section(), frozenset({"text", "media"})).judge(batch, [text, media], decider)
    assert [finding.evidence.reason for finding in judgement.findings[0]] == ["fake.quiet", "not-long-enough"]


def test_deciding_again_by_the_same_policy_changes_nothing(heavy_run: Callable[..., Config], tmp_path: Path) -> None:
    config = dated(heavy_run([MACHINE, MACHINE, "a machine"]))
    first, again = run(config), redecide(config.out, str(tmp_path / "again"))
    assert again.tally == first.tally
    assert evidence(tmp_path / "again") == evidence(config.out)
    assert again.notices == ()


def test_a_policy_that_leaves_open_what_no_model_was_asked_about_says_so_in_row_and_result(
    heavy_run: Callable[..., Config], tmp_path: Path
) -> None:
    config = dated(heavy_run([MACHINE, MACHINE, "a machine"]))
    run(config)
    policy = tmp_path / "later.yaml"
    policy.write_text(LATER)
    result = redecide(config.out, str(tmp_path / "again"), policy=str(policy))
    assert evidence(tmp_path / "again") == {
        "0-0": ("machine", "heavy.machine", []),
        "0-1": (None, "already-decided", ["model-not-asked"]),
        "0-2": (None, "not-long-enough", []),
    }
    (notice,) = result.notices
    assert notice.startswith("1 record that this policy leaves open")
    back = redecide(str(tmp_path / "again"), str(tmp_path / "back"), policy="standard")
    assert back.notices == ()
    assert evidence(tmp_path / "back") == evidence(config.out)
