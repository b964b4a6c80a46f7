"""The era detector: captured before generators of its kind were in public use, to the day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lowbackground.detectors.contract import MEDIA_KINDS, media_kind
from lowbackground.detectors.era import CUTOFFS, REASONS, era
from lowbackground.detectors.evidence import Signal, Strength
from tests.factories import records

MEDIA_TYPES = {
    "text": "text/html",
    "code": "text/x-python",
    "picture": "image/png",
    "video": "video/mp4",
    "voice": "audio/mpeg",
    "document": "application/pdf",
}
FIRST_DAY = {kind: datetime(day.year, day.month, day.day, tzinfo=UTC) for kind, day in CUTOFFS.items()}


@pytest.mark.parametrize("kind", MEDIA_KINDS)
def test_the_cut_off_of_each_kind_is_the_first_millisecond_of_its_era(kind: str) -> None:
    assert media_kind(MEDIA_TYPES[kind]) == kind
    days = [FIRST_DAY[kind] - timedelta(milliseconds=1), FIRST_DAY[kind]]
    answer = era()(records([{"captured_at": day, "media_type": MEDIA_TYPES[kind]} for day in days]))
    assert [evidence.signal for evidence in answer.evidence] == [Signal.HUMAN, Signal.SILENT]
    assert answer.evidence[0].strength is Strength.STRONG
    assert answer.evidence[0].kind is None  # it says when, not how


def test_records_of_many_kinds_in_one_batch_each_get_their_own_cut_off() -> None:
    moment = datetime(2022, 6, 1, tzinfo=UTC)  # after pictures, before text
    types = ["image/png", None, "text/html", "image/png", "application/pdf", "text/x-c"]
    answer = era()(records([{"captured_at": moment, "media_type": type_} for type_ in types]))
    assert [evidence.signal is Signal.HUMAN for evidence in answer.evidence] == [False, True, True, False, True, False]


def test_a_record_without_a_capture_date_is_skipped_and_not_called_late() -> None:
    answer = era()(records([{}, {"captured_at": datetime(2020, 1, 1, tzinfo=UTC)}]))
    assert [evidence.signal for evidence in answer.evidence] == [Signal.SKIPPED, Signal.HUMAN]


def test_a_capture_date_before_the_epoch_is_a_date_like_any_other() -> None:
    assert era()(records([{"captured_at": datetime(1901, 1, 1, tzinfo=UTC)}])).evidence[0].signal is Signal.HUMAN


def test_cut_offs_that_are_given_replace_those_of_their_kinds_and_no_others() -> None:
    detector = era(cutoffs={"picture": date(2019, 2, 12)})
    rows = [{"captured_at": datetime(2020, 1, 1, tzinfo=UTC), "media_type": type_} for type_ in ("image/png", None)]
    assert [evidence.reason for evidence in detector(records(rows)).evidence] == [
        "era.after-cutoff",
        "era.before-cutoff",
    ]


def test_a_cut_off_for_an_unknown_kind_is_refused_with_the_kinds_there_are() -> None:
    with pytest.raises(ValueError, match=r"images.*picture"):
        era(cutoffs={"images": date(2020, 1, 1)})


def test_every_reason_is_documented() -> None:
    moments = [None, datetime(2020, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)]
    seen = {evidence.reason for evidence in era()(records([{"captured_at": moment} for moment in moments])).evidence}
    assert seen == set(REASONS)


def test_evidence_is_shared_and_not_made_anew_for_every_row() -> None:
    answer = era()(records([{"captured_at": datetime(2020, 1, 1, tzinfo=UTC)}] * 3))
    assert len({id(evidence) for evidence in answer.evidence}) == 1
