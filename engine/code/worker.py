"""The process that runs code: `python -I worker.py`, started by `process.py` with no environment.

Standard input is a socket for requests and answers, standard output one for control. The interpreter itself runs in a
child of this process, which the interpreter's own pool starts, watches, kills when it overruns, and replaces. This file
imports nothing of the engine.

A message is the length of all that follows in 4 bytes, the length of its head in 4 bytes, the head as JSON, and parts
one after the other. First comes the configuration `{seconds, patience, memory, recursion, grace, check, truth, again}`
(three texts of `wrap.py`), and is answered `{ready: true}`. Then requests: `{number, source, before, lines, expression,
calm, texts: [lengths]}` and the texts. Each is answered by `used`, the seconds of processor time, and one of

- `texts: [lengths, null where unchanged]` and the texts;
- `fault: [part, path, end of a sentence]`: what the code left is no JSON;
- `error: text, line: number or null, outcome`: it failed (`error`), ran too long (`timeout`), took too much (`killed`);
- `stopped: true`: it was killed as the control asked, or its process died.

Control: 5 bytes, `n` (others go first, and the time is looked at; said again and again) or `k` (kill it), and the run's
number. The end of the control socket is the end of the engine: then everything here ends at once.
"""

import os
import resource
import signal
import socket
import struct
import threading
import time
from collections.abc import Sequence
from typing import Any

import orjson
from pydantic_monty import CollectString, Monty, MontyCrashedError, MontyError, MontyRuntimeError, MontySession

_LENGTHS = struct.Struct(">II")
_CONTROL = struct.Struct(">cI")
_PRINTED = 65_536
_LITTLE = 0.02
_MAX_MESSAGE = 1_000
_MAX_RUNS = 2_000
_MAX_ADDRESSES = 1 << 30
_LONG_INTEGER = b"0" * 19
_DIGITS_TO_ZERO = bytes(ord("0") if byte in b"0123456789" else ord(" ") for byte in range(256))
_SAFE_BRACKETS = 128

Answer = tuple[dict[str, Any], Sequence[bytes]]


class Run:
    """The run under way, as the thread that listens to the control needs to know it."""

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._seconds = seconds
        self._number = 0
        self._pid: int | None = None
        self._killed = 0
        self._calmed = False
        self._begun = 0.0
        self.used = 0.0
        self.late = False

    def begin(self, number: int, pid: int | None, calm: bool) -> bool:
        """False where it was killed before it began."""
        with self._lock:
            self._number, self._pid, self._calmed = number, pid, calm
            self._begun, self.used, self.late = _used(pid), 0.0, False
            if calm:
                _calm(pid)
            return self._killed != number

    def end(self) -> None:
        """From here on the process is left alone, unless it was calmed: priority cannot be given back, so it ends.

        `used` is then the processor time of the run, as far as it is known.
        """
        with self._lock:
            self.used = max(self.used, _used(self._pid) - self._begun)
            if self._calmed:
                _kill(self._pid)
            self._pid = None

    def calm(self, number: int) -> None:
        """Let others go first, unless it is late only because others did; and end it when its time is over."""
        with self._lock:
            if self._number == number and self._pid is not None:
                self.used = _used(self._pid) - self._begun
                if self.used > _LITTLE and not self._calmed:
                    self._calmed = True
                    _calm(self._pid)
                if self.used > self._seconds:
                    self.late = True
                    _kill(self._pid)

    def kill(self, number: int) -> None:
        """End this run, or keep it from beginning."""
        with self._lock:
            self._killed = number
            if self._number == number and self._pid is not None:
                self.used = _used(self._pid) - self._begun
                _kill(self._pid)


def _kill(pid: int | None) -> None:
    try:
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _used(pid: int | None) -> float:
    """Seconds of processor time that a process has used, all its threads together; 0 where it is gone."""
    try:
        # clock_getcpuclockid(3), which Python does not have.
        return time.clock_gettime(~pid << 3 | 2) if pid is not None else 0.0
    except OSError:
        return 0.0


def _calm(pid: int | None) -> None:
    # With this policy it gets what nobody else wants, and whoever wakes up goes first at once. It belongs to a thread.
    try:
        for thread in os.listdir(f"/proc/{pid}/task") if pid is not None else ():
            os.sched_setscheduler(int(thread), os.SCHED_IDLE, os.sched_param(0))
    except OSError:
        pass


def listen(control: socket.socket, run: Run) -> None:
    """Do what the control says, until its end, and then end the whole group of processes."""
    try:
        while len(message := control.recv(_CONTROL.size, socket.MSG_WAITALL)) == _CONTROL.size:
            order, number = _CONTROL.unpack(message)
            (run.calm if order == b"n" else run.kill)(number)
    finally:
        os.killpg(0, signal.SIGKILL)


class Runner:
    """Runs requests in the interpreter, each in a session of its own."""

    def __init__(self, configuration: dict[str, Any]) -> None:
        self._seconds, self._patience = configuration["seconds"], configuration["patience"]
        self._memory = configuration["memory"]
        self._check, self._truth, self._again = (configuration[name] for name in ("check", "truth", "again"))
        limits = {"max_feed_duration_secs": self._patience, "max_memory": self._memory}
        self._limits: Any = {**limits, "max_recursion_depth": configuration["recursion"]}
        self._monty = Monty(
            max_processes=1, feed_duration_limit_grace=configuration["grace"], max_checkouts_per_worker=_MAX_RUNS
        )
        self._monty.__enter__()
        self.run = Run(self._seconds)

    def prepare(self) -> None:
        """Have an interpreter ready for the next run, should that of the last one be gone."""
        with self._monty.checkout(limits=self._limits, os_policy={"sleep": "zero"}):
            pass

    def answer(self, request: dict[str, Any], texts: list[str]) -> Answer:
        """The head and the parts of the answer."""
        head, parts = self._attempt(request, texts)
        return {"used": self.run.used, **head}, parts

    def _attempt(self, request: dict[str, Any], texts: list[str]) -> Answer:
        try:
            with self._monty.checkout(limits=self._limits, os_policy={"sleep": "zero"}) as session:
                if not self.run.begin(request["number"], session.worker_pid, request["calm"]):
                    return {"stopped": True}, ()
                try:
                    return self._result(session, request, texts)
                finally:
                    self.run.end()
        except MontyCrashedError as crash:
            if self.run.late or crash.timed_out:
                late = _late(self._seconds if self.run.late else self._patience)
                return {**_error(late, "timeout"), "used": self._seconds}, ()
            return {"stopped": True}, ()
        except MontyRuntimeError as error:
            return _error(*self._explained(error), _line(error, request)), ()
        except (MontyError, ValueError, TypeError) as error:
            # A result that Python cannot hold, or one that is not at all what the added lines give.
            return _error(f"what the code left cannot be read: {str(error)[:_MAX_MESSAGE]}"), ()

    def _result(self, session: MontySession, request: dict[str, Any], texts: list[str]) -> Answer:
        changed, fault = self._texts(session, request, texts), None
        parts = _encoded(changed)
        if changed is None or any(part is not None and _doubtful(part) for part in parts):
            faults = _feed(session, self._check)
            fault = next(([index, list(found[0]), str(found[1])] for index, found in enumerate(faults) if found), None)
            if fault is not None and not request["expression"]:
                return {"fault": fault}, ()
            again = _feed(session, self._again) if fault is None else [str(_feed(session, self._truth)).lower()]
            parts = _encoded(again)
        return {"texts": [None if part is None else len(part) for part in parts]}, [part for part in parts if part]

    def _texts(self, session: MontySession, request: dict[str, Any], texts: list[str]) -> list[str | None] | None:
        """What the parts became; None where they are to be looked at closely."""
        try:
            changed: list[str | None] | None = _feed(session, request["source"], {"__texts__": texts})
            return changed
        except MontyRuntimeError as error:
            # In the lines after those of the user it was the writing of the result that failed.
            if _line(error, request) is None and isinstance(error.exception(), (TypeError, ValueError)):
                return None
            raise

    def _explained(self, error: MontyRuntimeError) -> tuple[str, str]:
        inner = error.exception()
        text = str(inner)
        if isinstance(inner, TimeoutError) and text.startswith("feed time limit exceeded"):
            return _late(self._patience), "timeout"
        if isinstance(inner, MemoryError) and "memory limit" in text:
            return f"MemoryError: the code needs more than {self._memory >> 20} MB and was stopped", "killed"
        name = type(inner).__name__
        return f"{name}: {text[:_MAX_MESSAGE]}" if text else name, "error"


def _feed(session: MontySession, source: str, inputs: dict[str, Any] | None = None) -> Any:
    return session.feed_run(source, inputs=inputs, print_callback=CollectString(max_bytes=_PRINTED))


def _late(seconds: float) -> str:
    return f"TimeoutError: the code ran longer than {seconds:g} s and was stopped"


def _error(text: str, outcome: str = "error", line: int | None = None) -> dict[str, Any]:
    return {"error": text.encode(errors="replace").decode(), "line": line, "outcome": outcome}


def _line(error: MontyRuntimeError, request: dict[str, Any]) -> int | None:
    """The line of the user's text where it happened."""
    for frame in reversed(error.traceback()):
        if 0 < frame.line - request["before"] <= request["lines"]:
            return frame.line - int(request["before"])
    return None


def _encoded(texts: list[str | None] | None) -> list[bytes | None]:
    return [None if text is None else str(text).encode() for text in texts or ()]


def _doubtful(part: bytes) -> bool:
    """Whether it may hold what is refused although it is JSON: long integers, NUL, deep nesting. It seldom does."""
    brackets = part.count(b"[") + part.count(b"{")
    return brackets > _SAFE_BRACKETS or b"\\u0000" in part or _LONG_INTEGER in part.translate(_DIGITS_TO_ZERO)


def _receive(data: socket.socket) -> tuple[dict[str, Any], list[str]]:
    size, head_size = _LENGTHS.unpack(_exactly(data, _LENGTHS.size))
    raw = _exactly(data, size - 4)
    head = orjson.loads(raw[:head_size])
    texts, position = [], head_size
    for length in head.get("texts", ()):
        texts.append(str(raw[position : position + length], "utf-8"))
        position += length
    return head, texts


def _exactly(data: socket.socket, size: int) -> memoryview:
    buffer, filled = memoryview(bytearray(size)), 0
    while filled < size:
        count = data.recv_into(buffer[filled:])
        if count == 0:
            raise SystemExit
        filled += count
    return buffer


def _send(data: socket.socket, head: dict[str, Any], parts: Sequence[bytes] = ()) -> None:
    raw = orjson.dumps(head)
    size = 4 + len(raw) + sum(map(len, parts))
    data.sendall(b"".join((_LENGTHS.pack(size, len(raw)), raw, *parts)))


def _confine() -> None:
    """What this process and those that it starts may use: a few descriptors, a bounded memory, no files of any size."""
    for limit, value in {"CORE": 0, "FSIZE": 0, "NOFILE": 64, "AS": _MAX_ADDRESSES}.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{limit}"), (value, value))


def main() -> None:
    """Serve until the data socket ends."""
    data, control = socket.socket(fileno=os.dup(0)), socket.socket(fileno=os.dup(1))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    _confine()
    runner = Runner(_receive(data)[0])
    threading.Thread(target=listen, args=(control, runner.run), daemon=True).start()
    _send(data, {"ready": True})
    while True:
        request, texts = _receive(data)
        _send(data, *runner.answer(request, texts))
        if runner.run.used > _LITTLE:
            runner.prepare()


if __name__ == "__main__":
    main()
