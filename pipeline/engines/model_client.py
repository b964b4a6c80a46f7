"""A worker's side of the process that holds the models: detectors whose answers come from there."""

import socket
from multiprocessing.connection import Connection

import pyarrow as pa

from lowbackground.detectors.applicable import columns_read
from lowbackground.detectors.contract import Detector, Findings
from lowbackground.pipeline.engines.model_messages import Answer, EndedError, ask
from lowbackground.pipeline.errors import ModelProcessError
from lowbackground.pipeline.judge import Breakdown, RemoteDetectorError
from lowbackground.pipeline.runs.setup import Setup
from lowbackground.pipeline.stand_ins import ModelFacts, StandIn

_ENDED = Breakdown("ModelProcessEnded", None, memory=False, ended=True)
MOST_ENDS = 50  # while one question waits; two for each of many workers' records are no fault of it, ever more may be


def remote_detectors(setup: Setup, address: str) -> list[Detector]:
    """The detectors that hold a model, answered by the process that listens at `address`."""
    client = ModelClient(address)
    return [_remote(facts, client) for facts in setup.models]


def _remote(facts: ModelFacts, client: "ModelClient") -> Detector:
    def ask_there(records: pa.RecordBatch) -> Findings:
        if records.num_rows == 0:
            return Findings([])
        return client.ask(facts.name, columns_read(records, facts.needs))

    return StandIn(facts, ask_there)


class ModelClient:
    """One connection, opened when first needed; the pool starts the process again where it ended."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._pipe: Connection | None = None
        self._suspects = 0  # records that the judge shows one by one now, since the process ended over all of them

    def ask(self, detector: str, columns: pa.RecordBatch) -> Findings:
        """What the detector says about the records; asked again where the process ended meanwhile.

        Raises:
            RemoteDetectorError: the detector raised there, or its process ended over these records when the model was shown
            no others: once where they are several, and the judge then asks about each by itself; twice over a single one.
            ModelProcessError: the process ended again and again before the model saw them, or there is none.
        """
        rows = columns.num_rows
        alone, ends, ended_alone = self._suspects > 0, 0, 0
        self._suspects = max(0, self._suspects - rows)
        while True:
            try:
                answer = self._answer(detector, columns, alone)
            except EndedError as ended:
                ends += 1
                ended_alone += alone and ended.asked
                if ended_alone == (1 if rows > 1 else 2):
                    self._suspects = rows if rows > 1 else self._suspects
                    raise RemoteDetectorError(_ENDED) from ended
                if ends == MOST_ENDS:
                    raise ModelProcessError(
                        f"the process that holds the model of {detector} ended {ends} times before it saw these records; "
                        "their unit is undone, and the next run tries it again"
                    ) from ended
                alone = alone or ended.asked  # what only waited for its turn is not at fault
                continue
            except OSError as error:  # nobody listens: the pool has given up
                raise ModelProcessError(f"the process that holds the model of {detector} is gone ({error})") from error
            if isinstance(answer, Breakdown):
                raise RemoteDetectorError(answer)
            return answer

    def _answer(self, detector: str, columns: pa.RecordBatch, alone: bool) -> Answer:
        try:
            if self._pipe is None:
                with socket.socket(socket.AF_UNIX) as line:
                    line.connect(self._address)
                    self._pipe = Connection(line.detach())
            return ask(self._pipe, detector, columns, alone=alone)
        except BaseException:  # whatever it was: the rest of an answer must not be taken for the next one
            if self._pipe is not None:
                self._pipe.close()
                self._pipe = None
            raise
