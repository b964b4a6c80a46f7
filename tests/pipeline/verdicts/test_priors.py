"""Priors: read from a table, straight lines between months, a floor before, a row for records without a date."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from lowbackground.detectors.contract import MEDIA_KINDS
from lowbackground.detectors.era import CUTOFFS
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.verdicts.fusion import sigmoid
from lowbackground.pipeline.verdicts.priors import STANDARD, load_priors, prior


def own_table(folder: Path, **changes: object) -> Path:
    table = yaml.safe_load(STANDARD.read_text(encoding="utf-8")) | changes
    (folder / "priors.yaml").write_text(yaml.safe_dump(table), encoding="utf-8")
    return folder / "priors.yaml"


def simple(kind: str, curve: object) -> dict[str, object]:
    kinds = yaml.safe_load(STANDARD.read_text(encoding="utf-8"))["kinds"]
    return {"kinds": kinds | {kind: curve}}


@pytest.mark.parametrize("kind", MEDIA_KINDS)
def test_before_its_cut_off_every_kind_is_near_the_floor(kind: str) -> None:
    floor = load_priors("standard").floor
    assert sigmoid(prior(kind, date(2015, 1, 1))) == pytest.approx(floor)
    assert sigmoid(prior(kind, CUTOFFS[kind])) < 10 * floor


@pytest.mark.parametrize("kind", MEDIA_KINDS)
def test_every_kind_has_a_row_for_records_without_a_date_below_its_last(kind: str) -> None:
    assert prior(kind, date(2015, 1, 1)) < prior(kind, None) < prior(kind, date(2030, 1, 1))


def test_between_two_months_lies_a_straight_line_in_p(tmp_path: Path) -> None:
    curve = {"undated": 0.2, "months": {"2023-01": 0.1, "2023-05": 0.5}}
    priors = load_priors(own_table(tmp_path, **simple("text", curve)))
    shares = [sigmoid(priors.logit("text", date(2023, month, 28))) for month in (1, 2, 3, 4, 5, 6)]
    assert shares == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.5])
    assert sigmoid(priors.logit("text", date(2022, 12, 31))) == pytest.approx(priors.floor)
    assert sigmoid(priors.logit("text", None)) == pytest.approx(0.2)


def test_the_month_of_an_instant_is_its_month_in_utc() -> None:
    assert prior("text", datetime(2024, 5, 31, 23, 59, tzinfo=UTC)) == prior("text", date(2024, 5, 1))


def test_the_digest_changes_with_any_figure_and_with_nothing_else(tmp_path: Path) -> None:
    standard = load_priors("standard")
    assert load_priors(own_table(tmp_path)).digest == standard.digest
    assert load_priors(own_table(tmp_path, floor=0.002)).digest != standard.digest


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"floor": 0}, "floor: must be a share above 0 and below 1, not '0'"),
        ({"floor": True}, "floor: must be a share"),
        ({"version": 2}, "version: 2 is not 1"),
        ({"kinds": {}}, "kinds: missing key code, document, picture, text, video, voice"),
        ({"kind": {}}, "unknown key kind"),
        (simple("text", {"undated": 0.2}), "kinds.text: missing key months"),
        (simple("text", {"undated": 0.2, "months": {}}), "kinds.text.months: must map at least one month"),
        (simple("text", {"undated": 0.2, "months": {"2023-13": 0.1}}), "'2023-13' is not a month"),
        (simple("text", {"undated": 0.2, "months": {"2023-01": 1.0}}), "kinds.text.months.2023-01: must be a share"),
        (simple("text", 3), "kinds.text: must be a mapping with the keys months, undated"),
    ],
)
def test_a_wrong_table_is_refused_with_file_and_key(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    path = own_table(tmp_path, **changes)
    with pytest.raises(ConfigError) as refused:
        load_priors(path)
    assert message in str(refused.value)
    assert str(path) in str(refused.value)


def test_months_out_of_order_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "priors.yaml"
    text = STANDARD.read_text(encoding="utf-8")
    path.write_text(text.replace("2025-11: 0.06", "2025-11: 0.06\n      2024-01: 0.05"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"kinds.video.months: must stand in the order of time"):
        load_priors(path)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_priors(tmp_path / "none.yaml")
