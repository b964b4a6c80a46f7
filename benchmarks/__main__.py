"""`make bench`: every figure that the docs state, with the versions that it was measured with."""

import sys
from pathlib import Path

from benchmarks import (
    ai_text_gates,
    ai_text_speed,
    credentials,
    declared_metadata,
    dwt_dct,
    extraction,
    llm_residue,
    model_process,
    pipeline,
    precheck,
    text_watermarks,
    watermark_power,
)

SHARED = Path(__file__).parents[2] / "shared" / "data"


def main() -> None:
    """Run all benchmarks over the real data; without it there is nothing to measure."""
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    if not data.is_dir():
        raise SystemExit(f"{data}: not there; give the folder of real data: python -m benchmarks FOLDER")
    missed = []
    for title, benchmark in (
        ("pre-check, one file", lambda: precheck.main(data / "c2pa")),
        ("credentials, one file", lambda: credentials.main(data)),
        ("metadata, one file", lambda: declared_metadata.main([str(data / "c2pa")])),
        ("residue and disclosures: false positives, hits, speed", lambda: llm_residue.main(data)),
        ("keyed text watermarks: p-values on human text, cost", lambda: text_watermarks.main(data / "text")),
        ("keyed text watermarks: marked texts that are found", watermark_power.main),
        ("pixel watermark: cost, and what survives JPEG", lambda: dwt_dct.main(data)),
        ("embedded text detector: cost", lambda: ai_text_speed.main(data / "text")),
        ("embedded text detector: what its gates stop", lambda: ai_text_gates.main(data)),
        ("extraction, F1 on gold pages", lambda: extraction.main([str(data / "extraction")])),
        ("models in a process of their own: a batch, and runs", lambda: model_process.main([])),
        ("pipeline against a bare loop", lambda: pipeline.main([str(data / "warc" / "bench")])),
    ):
        print(f"\n# {title}\n", flush=True)
        if benchmark() is False:
            missed.append(title)
    if missed:
        raise SystemExit(f"\nbars missed, or not measured: {'; '.join(missed)}")


if __name__ == "__main__":
    main()
