"""Attempts to get out of the sandbox: each goes past the check, straight into the interpreter, and still gets nothing.

Around the sandbox there is loot: a variable of the environment, a file, a listening socket; and a file that must not
come to be. Most attempts are refused by the check already; `LEGAL` are those that it lets pass.
"""

import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.code.base import CodeError
from engine.pipeline.code import CodeFaults, compile_code
from tests.code.sandboxes import IDS, NODES, Running

SECRET = "do-not-tell-8d1f"
LOOT = "node['out']['loot'] = "

REFUSED = {
    # The ladder of dunders.
    "class": LOOT + "().__class__.__bases__[0].__subclasses__()",
    "mro": LOOT + "''.__class__.__mro__[-1].__subclasses__()",
    "globals of a function": "def f(): pass\n" + LOOT + "f.__globals__",
    "code of a function": "def f(): pass\n" + LOOT + "f.__code__.co_consts",
    "closure": "x = 1\n" + LOOT + "(lambda: x).__closure__[0].cell_contents",
    "init globals": LOOT + "ValueError.__init__.__globals__",
    "self of a method": LOOT + "''.join.__self__",
    "module of a builtin": LOOT + "len.__self__.open('{file}').read()",
    "globals of json": LOOT + "json.loads.__globals__",
    "dict of a module": LOOT + "json.__dict__",
    "spec of a module": LOOT + "json.__spec__.loader.get_data('{file}')",
    "reduce": LOOT + "(1).__reduce_ex__(2)",
    "type by dunder": "node.out.__class__ = 1",
    # Recovering builtins.
    "import function": LOOT + "__import__('os').environ",
    "builtins": LOOT + "__builtins__",
    "builtins by key": LOOT + "__builtins__['open']('{file}').read()",
    "loader": LOOT + "__loader__",
    "own file": LOOT + "open(__file__).read()",
    "globals": LOOT + "globals()['__builtins__']",
    "locals": LOOT + "str(locals())",
    "vars": LOOT + "str(vars(json))",
    "dir": LOOT + "dir(json)",
    "getattr": LOOT + "getattr('', '__cl' + 'ass__')",
    "hasattr": LOOT + "getattr(json, 'codecs').open('{file}').read()",
    "eval": LOOT + "eval(\"open('{file}').read()\")",
    "exec": "exec(\"import os\\nnode['out']['loot'] = os.environ['SECRET']\")",
    "compile": LOOT + "compile('1', 'x', 'eval').co_code",
    "breakpoint": "breakpoint()",
    "help": LOOT + "help('modules')",
    "new type": LOOT + "type('X', (object,), {{'__init__': 1}}).__mro__",
    # Files.
    "read a file": LOOT + "open('{file}').read()",
    "write a file": "open('{marker}', 'w').write('x')",
    "with a file": "with open('{file}') as f:\n    " + LOOT + "f.read()",
    "proc environ": LOOT + "open('/proc/self/environ').read()",
    "descriptor": LOOT + "open(0).read()",
    "pathlib": "import pathlib\n" + LOOT + "pathlib.Path('{file}').read_text()",
    "pathlib write": "from pathlib import Path\nPath('{marker}').write_text('x')",
    "io": "import io\n" + LOOT + "io.open('{file}').read()",
    "json load": "import json\n" + LOOT + "json.load(open('{file}'))",
    # System, network, processes.
    "environment": "import os\n" + LOOT + "os.environ['SECRET']",
    "getenv": "from os import getenv\n" + LOOT + "getenv('SECRET')",
    "list a folder": "import os\n" + LOOT + "os.listdir('/')",
    "system": "import os\nos.system('touch {marker}')",
    "fork": "import os\n" + LOOT + "os.fork()",
    "kill": "import os\nos.kill(os.getppid(), 9)",
    "subprocess": "import subprocess\nsubprocess.run(['touch', '{marker}'])",
    "multiprocessing": "import multiprocessing\nmultiprocessing.Process(target=print).start()",
    "socket": "import socket\nsocket.create_connection(('127.0.0.1', {port}))",
    "urllib": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}/')",
    "ctypes": "import ctypes\n" + LOOT + "ctypes.CDLL(None).getpid()",
    "pickle": "import pickle\npickle.loads(b\"cos\\nsystem\\n(S'touch {marker}'\\ntR.\")",
    "marshal": "import marshal\n" + LOOT + "marshal.loads(b'')",
    "importlib": "import importlib\n" + LOOT + "importlib.import_module('os').environ['SECRET']",
    "sys modules": "import sys\n" + LOOT + "sys.modules['os'].environ['SECRET']",
    "sys exit": "import sys\nsys.exit(0)",
    "threads": "import threading\nthreading.Thread(target=print).start()",
    "signals": "import signal\nsignal.alarm(1)",
    "asyncio": "import asyncio\nasyncio.run(asyncio.create_subprocess_shell('touch {marker}'))",
    "gc": "import gc\n" + LOOT + "gc.get_objects()",
    "inspect": "import inspect\n" + LOOT + "inspect.stack()",
    # Frames and generators.
    "generator frame": "g = (x for x in [1])\n" + LOOT + "g.gi_frame.f_back.f_globals.__class__",
    "yielding generator": "def g():\n    yield g.gi_frame.f_back\n" + LOOT + "[x for x in g()]",
    "traceback": "try:\n    1 / 0\nexcept Exception as e:\n    " + LOOT + "e.__traceback__.tb_frame.f_back.f_globals",
    "coroutine": "async def f(): pass\n" + LOOT + "f().cr_frame",
    # Classes and confusion of types.
    "class with reduce": "class X:\n    def __reduce__(self): return (print, ())\n" + LOOT + "X()",
    "class that equals all": "class X(str):\n    def __eq__(self, o): return True\n" + LOOT + "X()",
    "decorated class": "@exec\nclass X: pass",
    "metaclass": "class X(type):\n    def __call__(c): return open\n" + LOOT + "X()()",
    # The modules that are there.
    "codecs of json": LOOT + "json.codecs.open('{file}').read()",
    "sys of re": LOOT + "re.sys.modules",
    "enum of re": LOOT + "re.enum.sys.modules",
    # The engine's own names and protocol.
    "own parts": "__parts__.append({{'forged': 1}})",
    "own texts": "__texts__[0] = '{{\"forged\": 1}}'\n__parts__ = []",
    "own writer": '__dumps__ = lambda *a, **k: \'{{"out": {{"forged": true}}}}\'\n__loads__ = lambda t: __parts__[0]',
    "own answer": "__zip__ = lambda a, b: [('x', 'y')]",
    "print to the protocol": "print('\\x00\\x00\\x00\\x02{{}}' * 100000)",
    "write to the protocol": "import sys\nsys.stdout.write('\\x00\\x00\\x00\\x02{{}}')",
    "read the protocol": "import sys\n" + LOOT + "sys.stdin.read()",
    # Names that look like others.
    "full width": LOOT + "ｏｐｅｎ('{file}').read()",
    "mathematical letters": LOOT + "𝑒𝑣𝑎𝑙('1')",
    "replaced pipeline": "pipeline.nodes = {{}}",
    "replaced node": "node = {{}}",
    "surrogate escape": LOOT + "'\\ud800'",
    "closing the wrapper": ")\nimport os\n(",
}

LEGAL = {
    "patched json": "json.dumps = lambda *a, **k: '[]'\njson.loads = None",
    "patched math": "math.pi = 3",
    "patched re": "re.sub = None",
    "attribute by format": LOOT + "'{{0.__class__.__init__.__globals__}}'.format(node)",
    "attribute by format of a function": LOOT + "'{{0.__globals__}}'.format(len)",
    "key by format": LOOT + "'{{a[__class__]}}'.format(a=node)",
    "key by percent": LOOT + "'%(__class__)s' % {{'a': 1}}",
    "format of a module": LOOT + "'{{0.__loader__}}'.format(json)",
    "frame without dunders": "g = (x for x in [1])\n" + LOOT + "g.gi_frame.f_back",
    "method resolution": LOOT + "(1).mro()",
    "function attributes": "def f(): pass\nf.hidden = 1\n" + LOOT + "f.hidden",
    "undoing node by an alias": "n = node\nn.clear()\np = [pipeline][0]\np['nodes'] = {{'other': 1}}\np.clear()",
    "foreign node by an alias": "p = [pipeline][0]\np['nodes']['foreign'] = {{'out': 1}}\n" + LOOT + "list(p['nodes'])",
    "forged binary": LOOT + "{{'id': 'other/1', 'name': 'x', 'type': 'text/plain', 'size': 5}}",
    "forged number": "k = list(node.out.img)[-1]\n" + LOOT + "{{k: 99}}",
    "negative number": "k = list(node.out.img)[-1]\n" + LOOT + "{{k: -1}}",
    "number that is true": "k = list(node.out.img)[-1]\n" + LOOT + "{{k: True}}",
    "surrogate by json": LOOT + "json.loads('\"\\\\ud800\"')",
    "surrogate by chr": LOOT + "chr(0xd800)",
    "surrogate by bytes": LOOT + "bytes.fromhex('eda080').decode('utf-8', 'surrogatepass')",
    "huge message": "raise ValueError('x' * 10000000)",
    "message of control characters": "raise ValueError('\\x00\\x1b[2J' * 1000)",
    "huge repr": LOOT + "repr([list(range(1000))] * 1000)[:10]",
    "stop iteration": "raise StopIteration(node)",
    "deep exception": "e = ValueError('x')\nfor i in range(10000):\n    e = ValueError(e)\nraise e",
    "equal to all": LOOT + "json.dumps(node.out.areas) == node.out.areas",
    "cookie": "# -*- coding: utf-7 -*-\n" + LOOT + "'+AG8-pen'",
    "module as value": LOOT + "str(json)",
}


@dataclass
class Treasure:
    file: Path
    marker: Path
    listener: socket.socket

    def told(self, attempt: str) -> str:
        return attempt.format(file=self.file, marker=self.marker, port=self.listener.getsockname()[1])


@pytest.fixture(scope="module")
def treasure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Treasure]:
    folder = tmp_path_factory.mktemp("treasure")
    (folder / "file.txt").write_text(SECRET)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield Treasure(folder / "file.txt", folder / "marker", listener)


@pytest.fixture(scope="module")
def exposed() -> Iterator[Running]:
    """A sandbox that is started while the secret stands in the environment."""
    os.environ["SECRET"] = SECRET
    running = Running()
    yield running
    running.close()
    del os.environ["SECRET"]


def attempt(exposed: Running, treasure: Treasure, text: str) -> None:
    """Run it unchecked; nothing was reached, and the sandbox works as before."""
    try:
        found = repr(exposed.unchecked(text))
    except CodeError as error:
        found = str(error)
        assert len(found) < 1_200
    assert SECRET not in found
    assert not treasure.marker.exists()
    with pytest.raises(BlockingIOError):
        treasure.listener.accept()
    begun = time.monotonic()
    assert exposed.run("B.out = A.out.areas").scope["nodes"]["B"]["out"] == NODES["A"]["out"]["areas"]
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("name", REFUSED)
def test_an_attempt_is_refused_and_gets_nothing(exposed: Running, treasure: Treasure, name: str) -> None:
    text = treasure.told(REFUSED[name])
    with pytest.raises(CodeFaults):
        compile_code(text, "statements", IDS)
    attempt(exposed, treasure, text)


@pytest.mark.parametrize("name", LEGAL)
def test_an_attempt_gets_nothing(exposed: Running, treasure: Treasure, name: str) -> None:
    program = compile_code(treasure.told(LEGAL[name]), "statements", IDS)
    attempt(exposed, treasure, program.source)


def test_there_are_enough_attempts() -> None:
    assert len(REFUSED) + len(LEGAL) >= 60
