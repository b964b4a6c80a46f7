"""The process that holds the models: loads each once, and answers the questions of all workers, one at a time.

- A thread a worker reads its questions and writes its answers, so that a worker that is slow, stopped or dead keeps
  nobody waiting; a worker asks one question at a time, so no more than one a worker is in memory.
- Questions that came in meanwhile are answered as one batch: a model is faster on many records than on few.
- The memory limit of workers does not bind this process.
"""

import os
import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from queue import Empty, SimpleQueue
from threading import Event, Thread

import pyarrow as pa

from lowbackground.detectors.contract import Detector, Findings, HoldsModel
from lowbackground.pipeline.engines.child import begin_child
from lowbackground.pipeline.engines.messages import Failed, Ready
from lowbackground.pipeline.engines.model_messages import Answer, Answered, Asking, Question, receive
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.judge import breakdown
from lowbackground.pipeline.runs.plan import RunPlan
from lowbackground.pipeline.runs.setup import Setup
from lowbackground.pipeline.stand_ins import load_model

MERGED_ROWS = 2048  # four batches of `read.batch_rows`: beyond that, no model gets faster
MERGED_BYTES = 64 << 20  # four batches of `read.batch_bytes`
DELIVERY_S = 5.0  # that others wait at most for a worker that is stopped and does not read its answer


@dataclass(eq=False, slots=True)
class Asked:
    """A question, and where its answer goes; `over` once it is sent, or its worker gone."""

    question: Question
    pipe: Connection | None = None
    answer: Future[Answer] = field(default_factory=Future)
    over: Event = field(default_factory=Event)


def load_models(setup: Setup) -> dict[str, Detector]:
    """The detectors of a run that hold a model, loaded, by name.

    Raises:
        ConfigError: one cannot be built or loaded.
    """
    detectors = setup.build_detectors(setup.model_names)
    for detector in detectors:
        if isinstance(detector, HoldsModel):
            load_model(detector)
    return {detector.name: detector for detector in detectors}


def serve(listener: socket.socket, models: Mapping[str, Detector], pipe: Connection) -> None:
    """Answer whoever connects, until the pool hangs up or the accelerator is lost."""
    asked: SimpleQueue[Asked] = SimpleQueue()
    Thread(target=_accept, args=(listener, asked), daemon=True).start()
    Thread(target=_end_with, args=(pipe,), daemon=True).start()
    pending: list[Asked] = []
    silent = True
    while True:
        _fetch(asked, pending)
        group = take_group(pending)
        for each in group:
            if each.pipe is not None:
                with suppress(OSError):  # that worker has ended: its thread will notice
                    each.pipe.send(Asking())  # a few bytes to somebody who waits for them: never blocks
        try:
            answers = answer_together(models[group[0].question.detector], [each.question for each in group])
        except AcceleratorLostError as error:
            pipe.send(Failed(str(error), fatal=False))
            os._exit(1)  # only a new process gets a working accelerator; nothing here is worth a tidy end
        hand_out(group, answers)
        if silent:
            pipe.send(Answered())
            silent = False


def _accept(listener: socket.socket, asked: "SimpleQueue[Asked]") -> None:
    while True:
        line, _ = listener.accept()
        Thread(target=_converse, args=(Connection(line.detach()), asked), daemon=True).start()


def _converse(pipe: Connection, asked: "SimpleQueue[Asked]") -> None:
    """Take the questions of one worker to the model and the answers back, until it hangs up."""
    with pipe, suppress(EOFError, OSError):
        while True:
            try:
                one = Asked(receive(pipe), pipe)
            except (ValueError, MemoryError) as error:  # no stream of Arrow, or one too large to hold
                pipe.send(Asking())
                pipe.send(breakdown(error))
                return
            asked.put(one)
            try:
                pipe.send(one.answer.result())
            finally:
                one.over.set()


def _end_with(pipe: Connection) -> None:
    """End this process when the pool hangs up, where the kernel does not see to it."""
    try:
        pipe.recv()
    except (EOFError, OSError):
        os._exit(1)


def hand_out(group: Sequence[Asked], answers: Sequence[Answer]) -> None:
    """Give each thread its answer to send.

    Where a question was asked alone, its answer is on its way before the model sees anything else: should the process end
    over the next records, that worker would take the end for the second one over its own, and give its unit up.
    """
    for each, answer in zip(group, answers, strict=True):
        each.answer.set_result(answer)
    for each in group:
        if each.question.alone:
            each.over.wait(DELIVERY_S)


def _fetch(asked: "SimpleQueue[Asked]", pending: list[Asked]) -> None:
    """Move all that is asked into `pending`, waiting where that would be nothing."""
    if not pending:
        pending.append(asked.get())
    while True:
        try:
            pending.append(asked.get_nowait())
        except Empty:
            return


def take_group(pending: list[Asked]) -> list[Asked]:
    """Take the oldest question out of `pending`, and those that can be answered together with it."""
    first = pending.pop(0)
    group = [first]
    rows, size = first.question.records.num_rows, first.question.records.nbytes
    if first.question.alone:
        return group
    for other in [each for each in pending if each.question.detector == first.question.detector]:
        rows += other.question.records.num_rows
        size += other.question.records.nbytes
        if other.question.alone or rows > MERGED_ROWS or size > MERGED_BYTES:
            break
        pending.remove(other)
        group.append(other)
    return group


class AcceleratorLostError(Exception):
    """The accelerator answers nothing more in this process."""


def answer_together(detector: Detector, questions: Sequence[Question]) -> list[Answer]:
    """An answer to each question; where they fail together, each is asked by itself.

    Raises:
        AcceleratorLostError: as it says; the message is for the operator.
    """
    if len(questions) > 1:
        table = pa.Table.from_batches([question.records for question in questions]).combine_chunks()
        (records,) = table.to_batches()
        together = _answer(detector, records)
        if isinstance(together, Findings) and len(together.evidence) == records.num_rows:
            return parts(together, [question.records.num_rows for question in questions])
    return [_answer(detector, question.records) for question in questions]


def _answer(detector: Detector, records: pa.RecordBatch) -> Answer:
    try:
        return detector(records)
    except BaseException as error:  # a panic of a Rust extension is no Exception; the worker makes evidence of it
        if is_accelerator_lost(error):
            raise AcceleratorLostError(f"{type(error).__name__} in {detector.name}: {_first_line(error)}") from error
        return breakdown(error)


def is_accelerator_lost(error: BaseException) -> bool:
    """Whether CUDA says that no later call of this process can succeed; too little memory is not of that kind."""
    name = type(error).__name__
    return name == "AcceleratorError" or (name == "RuntimeError" and str(error).startswith("CUDA error"))  # torch < 2.8


def _first_line(error: BaseException) -> str:
    """CUDA's own words, without the advice on debugging that follows; they hold no content."""
    return str(error).partition("\n")[0][:200]


def parts(answer: Findings, lengths: Sequence[int]) -> list[Answer]:
    """An answer about several batches, cut up again."""
    cut: list[Answer] = []
    start = 0
    for length in lengths:
        end = start + length
        cut.append(
            Findings(
                list(answer.evidence[start:end]),
                {name: column.slice(start, length) for name, column in answer.columns.items()},
                {row - start: ranges for row, ranges in answer.spans.items() if start <= row < end},
                [replace(each, row=each.row - start) for each in answer.exhibits if start <= each.row < end],
            )
        )
        start = end
    return cut


def main() -> None:
    """Entry point of the child process."""
    pipe, (listener,) = begin_child()
    with pipe:
        try:
            plan: RunPlan = pipe.recv()
            try:
                models = load_models(plan.setup)
            except ConfigError as error:
                pipe.send(Failed(str(error), fatal=True))
                return
            pipe.send(Ready())
            serve(socket.socket(fileno=listener), models, pipe)
        except (EOFError, BrokenPipeError, ConnectionResetError):
            return  # the pool is gone


if __name__ == "__main__":
    main()
