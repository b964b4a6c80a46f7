"""What an output is decided again with: its own evidence by the detectors that found it, and `era` asked anew.

A model or a calibration that was there when the evidence was found need not be there now, and a detector of another
version did not find it: so no other detector is built, and the statement of the new output names those of the old one.
"""

from dataclasses import replace
from datetime import datetime

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from lowbackground.detectors.contract import OwnColumn
from lowbackground.detectors.registry import default_names
from lowbackground.pipeline.config import Config
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.output.schema import KEY_COLUMNS, REJECT_REASON, VERDICT_COLUMNS
from lowbackground.pipeline.output.storage import Storage
from lowbackground.pipeline.runs.plan import STATEMENT
from lowbackground.pipeline.runs.setup import DetectorFacts, Setup, prepare

_NOT_OF_DETECTORS = {*KEY_COLUMNS.names, *VERDICT_COLUMNS.names, REJECT_REASON.name}


def setup_again(config: Config, old: Storage, as_of: datetime) -> Setup:
    """The setup of a decision about the rows of `old`; `config` names its policy, priors and trust lists.

    Raises:
        ConfigError: one of these is wrong, or the output does not say which detectors found its evidence.
    """
    found = _detectors(old)
    sections: dict[str, dict[str, object]] = {name: {"enabled": False} for name in default_names()}
    if any(facts.name == "era" for facts in found):
        sections["era"] = config.detectors.get("era", {})
    setup = prepare(config.with_values(detectors=sections), as_of)
    fresh = {facts.name: facts for facts in setup.detectors}
    columns = _columns_of_detectors(old)
    return replace(setup, detectors=tuple(fresh.get(facts.name, facts) for facts in found), columns=columns)


def _detectors(old: Storage) -> tuple[DetectorFacts, ...]:
    try:
        told = orjson.loads(old.read(STATEMENT))["predicate"]["detectors"]
        return tuple(DetectorFacts(**(facts | {"own": tuple(map(_own, facts["own"]))})) for facts in told)
    except FileNotFoundError as error:
        raise ConfigError(
            f"{old.root}: has no {STATEMENT}; the command that wrote it writes one when it is given again"
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{old.root}: {STATEMENT} is damaged; the command that wrote it writes it again") from error


def _own(column: dict[str, list[str]]) -> OwnColumn:
    return OwnColumn(**(column | {"kinds": tuple(column["kinds"])}))  # type: ignore[arg-type]  # as asdict wrote them


def _columns_of_detectors(old: Storage) -> tuple[tuple[str, pa.Schema], ...]:
    """The columns that detectors wrote, as they stand in any file of the output: all of them have the same."""
    for folder in ("kept", "rejected"):
        for name in old.names(folder):
            schema = pq.read_schema(pa.BufferReader(old.read(f"{folder}/{name}")))
            written = [
                field for field in schema if field.name.startswith("prov_") and field.name not in _NOT_OF_DETECTORS
            ]
            return ((old.root, pa.schema(written)),) if written else ()
    return ()
