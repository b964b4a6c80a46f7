"""The pool's side of the process that holds the models: starts it, starts it again where it ended, gives up.

- Workers connect to a socket that the pool holds, so that a question put while the process starts anew waits there.
- The process ends because of records (a native crash, memory), because of the machine (the kernel killed it, the
  accelerator is lost), or because it never works. So it is started again, and a worker asks once more; ends it over the
  same records twice, each is asked about by itself, and the one over which it ends twice again is FAILED; and after
  many ends without one answer between, the run stops: the machine is at fault then, or a row of records is, and who
  went on could commit FAILED evidence about records of which no one was at fault.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from lowbackground.pipeline.engines.child import ending, start_child
from lowbackground.pipeline.engines.messages import Failed, Ready
from lowbackground.pipeline.engines.model_messages import Answered
from lowbackground.pipeline.engines.model_socket import model_socket
from lowbackground.pipeline.errors import ConfigError
from lowbackground.pipeline.runs.plan import RunPlan

GIVE_UP_AFTER = 10  # ends without an answer between: the first record at fault costs four, each right behind it two
_MEMORY = ", the kernel's answer to too much memory"
_LESS = "; where that goes on, a lower batch_tokens or batch_size of the detector takes less memory"

Say = Callable[[str], None]


class ModelHost:
    """One process for all models of a run. `pipe` can be read when `hear` has something to do; restarts change it."""

    def __init__(self, plan: RunPlan, listener: socket.socket, say: Say) -> None:
        self._plan, self._listener, self._say = plan, listener, say
        self._names = ", ".join(sorted(plan.setup.model_names))
        self._ends = 0
        self._start()

    @property
    def address(self) -> str:
        """Where workers connect."""
        address: str = self._listener.getsockname()
        return address

    def _start(self) -> None:
        self._ready, self._last_words = False, ""
        module = "lowbackground.pipeline.engines.model_process"
        self._process, self.pipe = start_child(module, self._listener.fileno())
        with suppress(OSError):  # one that has ended is found out by who listens to it
            self.pipe.send(self._plan)

    def wait_until_ready(self) -> None:
        """Wait until the models are loaded.

        Raises:
            ConfigError: they cannot be.
        """
        while not self._ready:
            self.hear()

    def hear(self) -> None:
        """Take a message of the process, or notice that it ended.

        Raises:
            ConfigError: the models cannot be loaded, or the process ends again and again.
        """
        try:
            message = self.pipe.recv()
        except (EOFError, OSError):
            self._again()
            return
        match message:
            case Ready():
                self._ready = True
            case Answered():
                self._ends = 0
            case Failed(words, fatal):
                if fatal:
                    raise ConfigError(words)
                self._last_words = words

    def _again(self) -> None:
        self.pipe.close()
        why = self._why(ending(self._process))
        if not self._ready:
            raise ConfigError(
                f"the process that holds the models ({self._names}) ended{why} while it loaded them; its words stand "
                "above. Take a smaller model or a larger machine; what is done of the run stays done"
            )
        self._ends += 1
        if self._ends >= GIVE_UP_AFTER:
            raise ConfigError(
                f"the process that holds the models ({self._names}) ended {self._ends} times without an answer between, "
                f"the last time{why}; what is done of the run stays done, and the same command goes on from there"
            )
        self._say(
            f"the process that holds the models ({self._names}) ended{why}; it is started again, and asked again about "
            "the records that it had" + (_LESS if why.endswith(_MEMORY) else "")
        )
        self._start()

    def _why(self, how: str) -> str:
        if self._last_words:
            return f": {self._last_words}"
        return f" with {how}" + (_MEMORY if how == "signal 9" else "")

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        self.pipe.close()


@contextmanager
def model_host(plan: RunPlan, say: Say) -> Iterator[ModelHost]:
    """The process with the models of a run, loaded.

    Raises:
        ConfigError: they cannot be loaded.
    """
    with model_socket() as listener:
        say(f"loading the models of {', '.join(sorted(plan.setup.model_names))}")
        host = ModelHost(plan, listener, say)
        try:
            host.wait_until_ready()
            yield host
        finally:
            host.close()
