"""Running a handful of long jobs, each in a process of its own, with progress and clean failure."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.spawn
import os
from collections.abc import Callable
from multiprocessing.connection import wait

# Processes are spawned, not forked: the caller may hold threads of a numerical library.
_CONTEXT = multiprocessing.get_context("spawn")
_REPORT_SECONDS = 0.5


def run_jobs(function: Callable, jobs: dict[str, tuple], *, processes: int,
             finished: Callable[[str, object], None], report: Callable[[int], None]) -> None:
    """Calls `function(*arguments, report)` for every job, several at a time.

    Args:
        function: the work; a module-level function. Its `report` takes the amount done so far.
        jobs: arguments by name, in the order to start them.
        processes: jobs that run at the same time; with 1 they run here, one after the other.
        finished: called here with name and result when a job is done.
        report: called here now and then with the amount done by all jobs together.

    Raises:
        ValueError, FileNotFoundError: what a job raised; the others are stopped.
        ValueError: a job's process died.
    """
    if processes == 1 or len(jobs) <= 1:
        _run_here(function, jobs, finished, report)
    else:
        _run_apart(function, jobs, processes, finished, report)


def refuse_in_a_starting_process() -> None:
    """Raises RuntimeError in a process of `run_jobs` that still reads the script of its parent.

    That script then calls for work again without a main guard, and `_result` tells the parent so.
    """
    multiprocessing.spawn.get_preparation_data("")  # what every start of a process begins with


def _run_here(function, jobs, finished, report) -> None:
    done = dict.fromkeys(jobs, 0)

    def report_job(name: str, amount: int) -> None:
        done[name] = amount
        report(sum(done.values()))

    for name, arguments in jobs.items():
        finished(name, function(*arguments, lambda amount, name=name: report_job(name, amount)))


def _run_apart(function, jobs, processes, finished, report) -> None:
    amounts = _CONTEXT.RawArray("q", len(jobs))
    waiting = list(enumerate(jobs))
    running = {}  # the end of the pipe to listen at -> (name, process)
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                slot, name = waiting.pop(0)
                here, there = _CONTEXT.Pipe()
                process = _CONTEXT.Process(target=_work, args=(there, amounts, slot), name=f"tokens of {name}", daemon=True)
                process.start()
                there.close()  # so that the death of the process ends the pipe
                running[here] = name, process
                # Not among the process's own arguments: Python would wait for ever for one that dies before it has read them.
                with contextlib.suppress(ConnectionError):  # dead already, which `_result` tells
                    here.send((function, jobs[name]))
            for here in wait(list(running), timeout=_REPORT_SECONDS):
                name, process = running[here]
                finished(name, _result(name, here, process))
                del running[here]
            report(sum(amounts))
    finally:
        for _, process in running.values():
            process.terminate()
        for here, (_, process) in running.items():
            process.join()
            here.close()


def _result(name: str, here, process):
    """Returns what a job answered, or raises what it raised."""
    try:
        result = here.recv()
    except (EOFError, ConnectionError):
        process.join()
        raise ValueError(
            f"The process for {name} ended with exit code {process.exitcode} before its work was done. Its "
            "own words, if any, are above; -9 usually means that the machine ran out of memory: use fewer "
            "processes. In a script of your own, the call has to stand below `if __name__ == \"__main__\":`.") from None
    process.join()
    if isinstance(result, Exception):
        raise result
    return result


def _work(there, amounts, slot: int) -> None:
    """The life of a job's process, which gets its work through the pipe."""
    function, arguments = there.recv()
    parent = multiprocessing.parent_process()

    def report_job(amount: int) -> None:
        amounts[slot] = amount
        if not parent.is_alive():  # killed without a chance to stop its jobs
            os._exit(1)

    try:
        there.send(function(*arguments, report_job))
    except (ValueError, FileNotFoundError) as error:
        there.send(error)
