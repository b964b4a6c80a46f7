"""What workers and the process that holds the models tell each other, over a socket each.

A worker asks one question at a time and waits for its answer, so that neither side can fill the socket of the other
while that one writes. Records go as an Arrow stream, of the columns that the detector reads.
"""

from dataclasses import dataclass
from multiprocessing.connection import Connection

import pyarrow as pa

from lowbackground.detectors.applicable import filled
from lowbackground.detectors.contract import Findings
from lowbackground.pipeline.judge import Breakdown

Answer = Findings | Breakdown  # the detector's, or what became of it where it raised


@dataclass(frozen=True, slots=True)
class Question:
    """Asks what a detector says about some records.

    `alone`: the process ended over them once, so they are not put together with those of other workers again.
    """

    detector: str
    alone: bool
    records: pa.RecordBatch


@dataclass(frozen=True, slots=True)
class Answered:
    """To the pool: the first question since the start has its answer."""


class EndedError(Exception):
    """The process ended before it answered; `asked`: while the model looked at these records, and not before."""

    def __init__(self, asked: bool) -> None:
        super().__init__(asked)
        self.asked = asked


@dataclass(frozen=True, slots=True)
class Asking:
    """To a worker: the model is being asked now."""


def ask(pipe: Connection, detector: str, columns: pa.RecordBatch, *, alone: bool) -> Answer:
    """Send a question, and wait for the answer.

    Raises:
        EndedError: the process ended.
    """
    asked = False
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, columns.schema) as writer:
        writer.write_batch(columns)
    try:
        pipe.send((detector, alone))
        pipe.send_bytes(stream.getvalue())
        asked = isinstance(pipe.recv(), Asking)
        answer: Answer = pipe.recv()
    except (EOFError, OSError) as error:
        raise EndedError(asked) from error
    return answer


def receive(pipe: Connection) -> Question:
    """The next question.

    Raises:
        OSError, EOFError: the worker ended.
    """
    detector, alone = pipe.recv()
    columns = pa.ipc.open_stream(pipe.recv_bytes()).read_next_batch()
    return Question(detector, alone, filled(columns))
