"""Models of torch in a run: no worker imports torch, and the answers are those of the model in this process."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lowbackground import annotate
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.runs.run import run
from tests.tiny_models import PROSE, text_folder

TOLERANCE = 2e-3  # twice the last digit that is kept: batches are put together otherwise than here


def scores(evidence: list[list[dict[str, Any]]], detector: str) -> list[float]:
    return [each["score"] for row in evidence for each in row if each["detector"] == detector]


def test_a_run_gives_the_scores_of_the_model_in_this_process_and_no_worker_imports_torch(
    heavy_run: Callable[..., Config], model: Path, tmp_path: Path
) -> None:
    shards = [[f"{PROSE[40 * shard :]} {PROSE * (1 + number)}" for number in range(6)] for shard in range(4)]
    config = heavy_run(*shards, workers=2)
    adapter = {"model": str(text_folder(tmp_path / "roberta", "roberta")), "device": "cpu"}
    config = config.with_values(
        detectors={**config.detectors, "heavy": {"enabled": False}, "text_model": adapter},
    )
    result = run(config)
    assert result.exit_code == 0
    assert result.tally.outside_identity == 24
    assert {path.read_text() for path in model.glob("*.worker")} == {"light"}
    rows = pa.concat_tables([pq.read_table(path) for path in Path(config.out, "kept").iterdir()]).sort_by("prov_id")
    found = scores(rows["prov_evidence"].to_pylist(), "text_model")
    here = annotate(pa.table({"id": rows["prov_id"], "text": rows["text"]}), config)
    expected = scores(here["prov_evidence"].to_pylist(), "text_model")
    assert len(set(found)) > 6
    assert found == pytest.approx(expected, abs=TOLERANCE)
