"""States what a finished run did: `_run/statement.json`, for those who have only the output."""

from collections.abc import Mapping
from dataclasses import asdict

from lowbackground import __version__
from lowbackground.manifests.digest import canonical_json
from lowbackground.manifests.statement import statement
from lowbackground.pipeline.inputs.locations import redacted
from lowbackground.pipeline.output.schema import SCHEMA_VERSION
from lowbackground.pipeline.runs.ledger import Commit
from lowbackground.pipeline.runs.plan import STATEMENT, Planned
from lowbackground.pipeline.runs.tally import Tally


def write_statement(planned: Planned, commits: Mapping[str, Commit], tally: Tally) -> None:
    """Write the statement of a run over everything that is committed."""
    run = planned.run
    outputs = [output for _, commit in sorted(commits.items()) for output in commit.outputs]
    document = statement(
        subjects={output.path: output.sha256 for output in outputs},
        inputs=[
            {
                "source": file.source,
                "format": unit.format.value,
                "bytes": file.size,
                "fingerprint": file.fingerprint,
                "unit": unit.name,
                "committed": unit.name in commits,
                "broken": commits[unit.name].broken if unit.name in commits else None,
            }
            for unit in planned.units
            for file in unit.files
        ],
        configuration={
            "program": __version__,
            "schema": SCHEMA_VERSION,
            "run_id": run.run_id,
            "as_of": run.setup.as_of.isoformat(),
            "digest": run.config.identity(),
            "values": {**run.config.model_dump(mode="json"), "inputs": [redacted(name) for name in run.config.inputs]},
            "policy": {"name": run.setup.policy.name, "digest": run.setup.policy_digest},
            "priors": run.setup.priors.digest,
        },
        detectors=[asdict(facts) for facts in run.setup.detectors],
        trust=[asdict(entry) for entry in run.setup.trust_lists],
        counts=tally.to_json(),
    )
    run.storage.write(STATEMENT, canonical_json(document) + b"\n")
