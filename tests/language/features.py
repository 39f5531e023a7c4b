"""The features of the language as pieces (`pieces.py`) that can be put into each other."""

from tests.e2e.scripts import Json
from tests.language.pieces import Bench, Feature, Inner, Log, Nodes, Run
from tests.language.toys import branch, loop, plain, post, service

PATIENT: Json = {"attempts": 5, "delay": 0.05}
"""A `retry` for a service that fails in many nodes at once: where that has opened its breaker, an attempt that is not
sent counts as well."""

# One after the other


def code(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """Code before and after."""
    nodes, first = inner([f"{p}Out"])
    start = plain(f"{p}In", first, before="input['n'] = input.n + 1", after="node.out['n'] = node.out.n * 3")
    return [start, *nodes, plain(f"{p}Out", *following)], f"{p}In"


def retry(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """A service that has to be called twice."""
    nodes, first = inner([f"{p}Out"])
    return [bench.book.node(f"{p}In", "shaky", first, retry=PATIENT), *nodes, plain(f"{p}Out", *following)], f"{p}In"


def retry_model(number: int, run: Run, log: Log) -> int:
    """It gives the number back."""
    log.call("shaky", number)
    return run(number)


def http(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """An http node that sends and gets JSON."""
    nodes, first = inner([f"{p}Out"])
    start: Json = {"id": f"{p}In", "type": "http", "url": bench.book.web("double"), "verb": "POST", "next": [first]}
    return [start, *nodes, plain(f"{p}Out", *following)], f"{p}In"


def http_model(number: int, run: Run, log: Log) -> int:
    """It doubles."""
    log.call("web double", number)
    return run(2 * number)


def params(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """Params as a template, in a path, and changed by code of the node itself and of another one."""
    nodes, first = inner([f"{p}Read"])
    add = bench.book.node(f"{p}Add", "add", first, input={"a": f"{p}In.out.n", "b": "node.params.k"}, params={"k": 5})
    add["before"] = "node.params['k'] = node.params.k + 2"
    read = plain(f"{p}Read", f"{p}Out", input={"n": f"{p}iOut.out.n", "k": f"{p}Add.params.k"})
    back = f"{p}Add.params['k'] = 5\nnode.out = {{'n': input.n + input.k}}"
    return [plain(f"{p}In", f"{p}Add"), add, *nodes, read, plain(f"{p}Out", *following, after=back)], f"{p}In"


def params_model(number: int, run: Run, log: Log) -> int:
    """The service gets what the params were when the input was made, the path what they became."""
    log.call("add", number)
    return run(number + 5) + 7


def fields(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """Fields of one's own on the pipeline, in code and in a path."""
    nodes, first = inner([f"{p}Out"])
    start = plain(f"{p}In", first, before=f"pipeline.{p}Kept = input.n\npipeline['{p}Two'] = {{'deep': [input.n]}}")
    paths = {"n": f"{p}iOut.out.n", "kept": f"pipeline.{p}Kept"}
    last = plain(f"{p}Out", *following, input=paths)
    last["after"] = f"node.out = {{'n': input.n + input.kept + pipeline.{p}Two.deep[0]}}"
    return [start, *nodes, last], f"{p}In"


def dashes(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """Ids that are no names, reached by key."""
    nodes, first = inner([f"{p}Out"])
    text = f"text = f\"{{pipeline.nodes['{p}-x'].out['n']:d}}\"\n"
    text += f"node.out['n'] += int(text) + pipeline['nodes']['{p}-x'].out.n"
    return [plain(f"{p}-x", first), *nodes, plain(f"{p}Out", *following, after=text)], f"{p}-x"


def meddling(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """Code that changes what an earlier node gave."""
    nodes, first = inner([f"{p}Mid"])
    middle = plain(f"{p}Mid", f"{p}Out", before=f"{p}In.out['n'] += input.n")
    last = plain(f"{p}Out", *following, input={"n": f"{p}In.out.n"})
    return [plain(f"{p}In", first), *nodes, middle, last], f"{p}In"


def binaries(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """A binary through a plain node and code to a service that measures it."""
    nodes, first = inner([f"{p}Out"])
    make = bench.book.node(f"{p}In", "make", f"{p}Pass")
    copy = plain(f"{p}Pass", f"{p}Size", after="node.out = {'one': input.result, 'two': [input['result']]}")
    size = bench.book.node(f"{p}Size", "measure", f"{p}Cut", input={"file": f"{p}Pass.out.two.0"})
    return [make, copy, size, plain(f"{p}Cut", first, input={"n": f"{p}Size.out.n"}), *nodes] + [
        plain(f"{p}Out", *following)
    ], f"{p}In"


def binaries_model(number: int, run: Run, log: Log) -> int:
    """So many bytes are made and counted."""
    log.call("make", number)
    log.call("measure", 0)
    return run(number)


# Side by side, and one of two


def parallel(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """Two ways at once, which meet."""
    nodes, first = inner([f"{p}Out"])
    other = bench.book.node(f"{p}Two", "double", f"{p}Out")
    last = plain(f"{p}Out", *following, input={"a": f"{p}iOut.out.n", "b": f"{p}Two.out.n"})
    last["after"] = "node.out = {'n': input.a + input['b']}"
    return [plain(f"{p}In", first, f"{p}Two"), *nodes, other, last], f"{p}In"


def parallel_model(number: int, run: Run, log: Log) -> int:
    """The sum of both ways."""
    log.call("double", number)
    return run(number) + 2 * number


def ready(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """As `parallel`; the last node says itself what it waits for."""
    nodes, first = parallel(bench, p, inner, following)
    nodes[-1]["ready"] = f"{p}iOut.finished and pipeline.nodes['{p}Two'].finished"
    return nodes, first


def join(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """A branch with a way on each side; they meet, and no `ready` says that one of them is not waited for."""
    nodes, first = inner([f"{p}Out"])
    other = plain(f"{p}Else", f"{p}Out", before="input['n'] += 100")
    start = branch(f"{p}In", "input.n % 2 == 1", {"next": [first]}, {"next": [f"{p}Else"]})
    return [start, *nodes, other, plain(f"{p}Out", *following)], f"{p}In"


def sides(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """A side that is code alone, and one that is missing: the branch's own `next` holds."""
    nodes, first = inner([f"{p}Out"])
    start = branch(f"{p}In", "input['n'] > 5", "node.out = {'n': input.n - 1}", None, first)
    return [start, *nodes, plain(f"{p}Out", *following)], f"{p}In"


def out(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """Sides with paths and code."""
    nodes, first = inner([f"{p}Out"])
    then = {"out": {"n": f"{p}Two.out.m"}, "exec": "node.out['n'] += 1"}
    start = branch(f"{p}In", "node.params.flip == (input.m > 6)", then, {"out": {"n": f"{p}Two.out.m"}}, first)
    two = plain(f"{p}Two", f"{p}In", after="node.out = {'m': input.n}")
    return [two, {**start, "params": {"flip": True}}, *nodes, plain(f"{p}Out", *following)], f"{p}Two"


def again(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """A way back, taken twice; code counts the turns."""
    nodes, first = inner([f"{p}Back"])
    count = f"pipeline.{p}Turns = pipeline.get('{p}Turns', 0) + 1\nif pipeline.{p}Turns > 1:\n"
    start = plain(f"{p}In", first, before=f"{count}    input['n'] = pipeline.{p}Last\n")
    then = {"next": [f"{p}In"], "exec": f"pipeline.{p}Last = input.n"}
    back = branch(f"{p}Back", f"pipeline.{p}Turns < 3", then, f"pipeline.{p}Turns = 0", f"{p}Out")
    return [start, *nodes, back, plain(f"{p}Out", *following)], f"{p}In"


# Many


def items(bench: Bench, p: str, inner: Inner, following: list[str], **more: int) -> Nodes:
    """A loop over three numbers."""
    nodes, first = inner(["loopEnd"])
    start = plain(f"{p}In", f"{p}Loop", after="node.out = {'list': [input.n, input.n + 1, input.n + 2]}")
    body = [plain(f"{p}Item", first, before="input['n'] = node._loop"), *nodes]
    last = plain(f"{p}Out", *following, after="node.out = {'n': sum(input.values())}")
    found = loop(f"{p}Loop", f"{p}In.out.list", body, f"{p}Out", collect={"n": f"{p}iOut.out.n"}, **more)
    return [start, found, last], f"{p}In"


def items_model(number: int, run: Run, log: Log) -> int:
    """The sum over the items."""
    return sum(run(number + index) for index in range(3))


def one_by_one(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """A loop that does one item at a time."""
    return items(bench, p, inner, following, max_parallel=1)


def grid(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """A loop in a loop, with an empty row."""
    nodes, first = inner(["loopEnd"])
    start = plain(f"{p}In", f"{p}Rows", after="node.out = {'rows': [[input.n], [], [input.n + 1, input.n + 2]]}")
    item = plain(f"{p}Item", first, after="node.out = {'n': node._loop}")
    cells = loop(f"{p}Cells", f"{p}Row.out.row", [item, *nodes], "loopEnd", collect={"n": f"{p}iOut.out.n"})
    row = plain(f"{p}Row", f"{p}Cells", after="node.out = {'row': node._loop}")
    found = loop(f"{p}Rows", f"{p}In.out.rows", [row, cells], f"{p}Out", collect={"row": f"loop.{p}Cells.out"})
    last = plain(f"{p}Out", *following, after="node.out = {'n': sum(sum(row.values()) for row in input.values())}")
    return [start, found, last], f"{p}In"


def outer(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """A body that uses what nodes outside of it gave, by path and in code."""
    nodes, first = inner([f"{p}Sum"])
    start = plain(f"{p}In", f"{p}Loop", after="node.out = {'n': input.n, 'list': [1, 2]}")
    item = plain(f"{p}Item", first, after=f"node.out = {{'n': node._loop + {p}In.out.n}}")
    paths = {"a": f"loop.{p}iOut.out.n", "b": f"{p}In.out.n"}
    total = bench.book.node(f"{p}Sum", "add", "loopEnd", input=paths)
    last = plain(f"{p}Out", *following, after="node.out = {'n': input.s0 + input.s1}")
    found = loop(f"{p}Loop", f"{p}In.out.list", [item, *nodes, total], f"{p}Out", collect={"s": f"{p}Sum.out.n"})
    return [start, found, last], f"{p}In"


def outer_model(number: int, run: Run, log: Log) -> int:
    """The sum over two items, with the number added to each."""
    results = [run(number + item) for item in (1, 2)]
    for each in results:
        log.call("add", each)
    return sum(results) + 2 * number


def files(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """Binaries that a loop collects go to a service together."""
    nodes, first = inner([f"{p}Make"])
    start = plain(f"{p}In", f"{p}Loop", after="node.out = {'list': [input.n, input.n + 3]}")
    body = [plain(f"{p}Item", first, after="node.out = {'n': node._loop}"), *nodes]
    body.append(bench.book.node(f"{p}Make", "make", "loopEnd"))
    found = loop(f"{p}Loop", f"{p}In.out.list", body, f"{p}Size", collect={"part": f"{p}Make.out.result"})
    size = bench.book.node(f"{p}Size", "measure", f"{p}Out")
    return [start, found, size, plain(f"{p}Out", *following, input={"n": f"{p}Size.out.n"})], f"{p}In"


def files_model(number: int, run: Run, log: Log) -> int:
    """The number of all bytes."""
    results = [run(number), run(number + 3)]
    for each in results:
        log.call("make", each)
    log.call("measure", 0)
    return sum(results)


def sub(bench: Bench, p: str, inner: Inner, following: list[str]) -> Nodes:
    """The inner piece is a pipeline of its own."""
    nodes, first = inner(["end"])
    route = post(bench.engine, {"n": 1}, *nodes, {"id": "end", "type": "end"}, first=first)
    call = service(f"{p}Out", "", *following, service=route)
    del call["url"]
    return [plain(f"{p}In", f"{p}Out"), call], f"{p}In"


FEATURES: dict[str, Feature] = {
    "code": Feature(code, lambda number, run, log: run(3 * (number + 1))),
    "retry": Feature(retry, retry_model),
    "http": Feature(http, http_model),
    "params": Feature(params, params_model),
    "fields": Feature(fields, lambda number, run, log: run(number) + 2 * number),
    "dashes": Feature(dashes, lambda number, run, log: run(number) + 2 * number),
    "meddling": Feature(meddling, lambda number, run, log: run(number) + number),
    "binaries": Feature(binaries, binaries_model),
    "parallel": Feature(parallel, parallel_model),
    "ready": Feature(ready, parallel_model),
    "join": Feature(join, lambda number, run, log: run(number) if number % 2 else number + 100),
    "sides": Feature(sides, lambda number, run, log: run(number - 1 if number > 5 else number)),
    "out": Feature(out, lambda number, run, log: run(number + 1 if number > 6 else number)),
    "again": Feature(again, lambda number, run, log: run(run(run(number)))),
    "items": Feature(items, items_model),
    "one by one": Feature(one_by_one, items_model),
    "grid": Feature(grid, items_model),
    "outer": Feature(outer, outer_model),
    "files": Feature(files, files_model),
    "sub": Feature(sub, lambda number, run, log: run(number)),
}
