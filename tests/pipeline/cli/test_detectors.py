"""`lowbackground detectors`: what is installed, and what runs without being asked."""

from typer.testing import CliRunner

from lowbackground.pipeline.cli.app import app


def test_it_lists_every_detector_and_which_are_off() -> None:
    done = CliRunner().invoke(app, ["detectors"], catch_exceptions=False)
    assert done.exit_code == 0
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    off = {name for name, line in lines.items() if line.endswith("Off until it is configured.")}
    assert {"binoculars", "score_column", "text_model"} <= off
    assert {"ai_text", "era", "llm_residue"} <= lines.keys() - off
