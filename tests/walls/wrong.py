"""The wrong requests that are likeliest, as bytes: all routes, methods, bodies, headers, ids, queries and forms."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from urllib.parse import quote

from tests.e2e.raw_http import BOUNDARY, FORM_TYPE, Field, form
from tests.walls.wrong_definitions import definitions

JSON = {"Content-Type": "application/json"}
DEEP = b"[" * 1_000 + b"]" * 1_000

BODIES: list[bytes] = [
    *(b"", b" ", b"{", b"}", b"[", b"null", b"true", b"0", b"-1", b'""', b"[]", b"[{}]", b"nil", b"undefined"),
    *(
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": 1, "a": 2}',
        b'{"a": "\\ud800"}',
        b'{"a": "\\u0000"}',
    ),
    *(
        b'{"a": 18446744073709551616}',
        b'{"a": ' + b"9" * 400 + b"}",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
    ),
    *(DEEP, b'{"a":' * 100 + b"1" + b"}" * 100, b"{'a': 1}", b'{"a": 1,}', b'{"a" 1}', b'{"a": 01}', b"// a\n{}"),
    *(b"a=1&b=2", b"<a/>", b"{}{}", b'{"a": "\n"}', b'"' + b"x" * 1_100_000 + b'"'),
]
KINDS = ["", "text/plain", "application/xml", "application/x-www-form-urlencoded", "json", "multipart/form-data", "/"]
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"]
PATHS: dict[str, str] = {
    "/services": "GET POST",
    "/services/{route}": "GET POST PUT DELETE",
    "/services/{route}/versions": "GET",
    "/tasks": "GET",
    "/tasks/{job}": "GET",
    "/tasks/{job}/status": "GET",
    "/tasks/{job}/raw": "GET",
    "/tasks/{job}/definition": "GET",
    "/tasks/{job}/nodes": "GET",
    "/tasks/{job}/nodes/end": "GET",
    "/tasks/{job}/files/image": "GET HEAD",
    "/tasks/{job}/cancel": "POST",
    "/tasks/{job}/retry": "POST",
    "/tasks/{job}/events": "GET",
    "/events": "GET",
    "/stats": "GET",
    "/health/live": "GET",
    "/health/ready": "GET",
    "/metrics": "GET",
    "/openapi.json": "GET",
    "/docs": "GET",
    "/processing": "POST",
    "/nothing": "",
    "/services/": "",
    "/tasks/": "",
    "/services/a/b/c": "",
}
IDS = [
    *("0", "x" * 1_000, "..", "../..", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%00", "%0d%0a", "%ff", "%", "%zz"),
    *(
        "a%2Fb",
        "0" * 32,
        "0" * 40,
        "'",
        '"',
        "%3Cscript%3E",
        "null",
        "-1",
        "{job}x",
        "{job}%00",
        "*",
        "$ne",
        "~",
        "%E2%80%AE",
    ),
]
PLACES = ["/tasks/{id}", "/tasks/{id}/status", "/tasks/{id}/raw", "/tasks/{id}/files/a", "/services/{id}"]
QUERIES = [
    "/tasks?limit=0",
    "/tasks?limit=-1",
    "/tasks?limit=1000000",
    "/tasks?limit=a",
    "/tasks?limit=",
    "/tasks?limit=1.5",
    "/tasks?limit=99999999999999999999",
    "/tasks?cursor=a",
    "/tasks?cursor=%00",
    "/tasks?cursor=" + "9" * 400,
    "/tasks?cursor=-1",
    "/tasks?status=nothing",
    "/tasks?status=",
    "/tasks/{job}/nodes?limit=0",
    "/tasks/{job}/nodes?limit=a",
    "/tasks/{job}/nodes?cursor=%ff",
    "/tasks/{job}/nodes?of=nothing",
    "/tasks/{job}/nodes",
    "/tasks/{job}/nodes/nothing",
    "/tasks/{job}/nodes/" + "9" * 500,
    "/tasks/{job}/files/nothing",
    "/tasks/{job}/files/../../raw",
    "/tasks/{job}/files/%2e%2e%2fraw",
    "/tasks/{job}/files/",
    "/tasks/{job}/binaries/x",
    "/tasks/{job}/binaries/../../../etc/passwd",
    "/tasks/{job}/binaries/%00",
    "/tasks/{job}/binaries/x?thumbnail=0",
    "/tasks/{job}/binaries/x?thumbnail=100000",
    "/tasks/{job}/binaries/x?thumbnail=a",
    "/docs/assets/..%2f..%2fsecret",
    "/docs/assets/nothing",
    "/assets/..%2f..%2fsecret",
    "/assets/nothing.js",
    "//",
    "/services//x",
    "/%00",
    "/\xe4",
]
RANGES = ["bytes=99999999-", "bytes=-0", "bytes=5000-6000"]
PART = Field("image", b"some bytes", "a.png", "image/png")
AREAS = Field("areas", b'{"areas": []}', "a.json", "application/json")
FORMS: dict[str, bytes] = {
    "nothing": b"",
    "no part": form(),
    "cut in a part": form(PART, AREAS)[:200],
    "cut before the end": form(PART, AREAS)[:-4],
    "another boundary": form(PART, AREAS).replace(BOUNDARY.encode(), b"other"),
    "one missing": form(PART),
    "the other missing": form(AREAS),
    "one doubled": form(PART, PART, AREAS),
    "one too much": form(PART, AREAS, Field("more", b"x")),
    "empty file": form(Field("image", b"", "a.png", "image/png"), AREAS),
    "JSON that is none": form(PART, Field("areas", b"{", "a.json", "application/json")),
    "JSON that is a list": form(PART, Field("areas", b"[]", "a.json", "application/json")),
    "JSON that is empty": form(PART, Field("areas", b"", "a.json", "application/json")),
    "JSON that is deep": form(PART, Field("areas", DEEP, "a.json", "application/json")),
    "JSON with NaN": form(PART, Field("areas", b'{"a": NaN}', "a.json", "application/json")),
    "JSON that is too large": form(PART, Field("areas", b" " * 1_100_000, "a.json", "application/json")),
    "a key twice": form(PART, Field("areas", b'{"image": 1}', "a.json", "application/json")),
    "no name": form(Field("", b"x"), PART, AREAS),
    "a long name": form(Field("n" * 2_000, b"x"), PART, AREAS),
    "1,001 parts": form(*[Field(f"p{number}", b"x") for number in range(1_001)]),
    "long headers": form(Field("image", b"x", "f" * 20_000, "image/png"), AREAS),
    "no headers": f"--{BOUNDARY}\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
    "no disposition": f"--{BOUNDARY}\r\nContent-Type: a/b\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
    "a bad header": f"--{BOUNDARY}\r\nb\x00d: x\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
    "JSON in its place": b'{"image": 1}',
}
BOUNDARIES = ["", "; boundary=", "; boundary=" + "b" * 300, '; boundary="', "; boundary=%00", "; charset=utf-8"]
CALLS = ["", "?task_id=", "?task_id=x", "?task_id=" + "0" * 64, "?task_id=" + "0" * 80, "?task_id=" + "f" * 5_000]
CALLS += ["?task_id=" + quote("../x"), "?task_id=%00", "?other=1", "?task_id=" + "G" * 64]
BROKEN: list[bytes] = [
    b"\r\n\r\nGET\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GET  / HTTP/1.1\r\n\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost a\r\n\r\n",
    b"GET / HTTP/1.1\r\nA: b\x00c\r\n\r\n",
    b"GET / HTTP/1.1\r\n A: b\r\n\r\n",
    b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"POST /services HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /services HTTP/1.1\r\nHost: a\r\nContent-Length: a\r\n\r\n",
    b"POST /services HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /services HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /services HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    b"POST /services HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"POST /services HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
    b"GET /stats HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(20_000)) + b"\r\n",
    b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
]


@dataclass(frozen=True)
class Wrong:
    """One request; `name` says what is wrong with it. `method` is empty where it is not even HTTP."""

    name: str
    method: str
    sent: bytes


def request(name: str, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Wrong:
    """A request with the length of its body, unless the headers say another."""
    told = {"Host": "localhost", **({"Content-Length": str(len(body))} if body or method == "POST" else {})}
    told |= {**(headers or {}), "Connection": "close"}
    head = "".join(f"{field}: {value}\r\n" for field, value in told.items())
    sent = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body
    return Wrong(f"{method} {path[:80]} {name}"[:160], method, sent)


def wrong_requests(job: str, objects: str, forms: str) -> list[Wrong]:
    """All of them. `job` is a task that has ended with a file `image`; the routes take an object, and a form."""
    known = {"job": job, "route": objects}
    found = [
        request("a method that it has not", method, path.format_map(known))
        for path, methods in PATHS.items()
        for method in METHODS
        if method not in methods.split()
    ]
    takers = [("POST", "/services"), ("PUT", f"/services/{objects}"), ("POST", f"/services/{objects}")]
    takers.append(("POST", f"/tasks/{job}/retry"))
    found += [
        request(f"body {number}", method, path, JSON, body)
        for (method, path), (number, body) in product(takers, enumerate(BODIES))
    ]
    found += [
        request(f"type {kind!r}", method, path, {"Content-Type": kind}, b"{}")
        for (method, path), kind in product(takers[:3], KINDS)
    ]
    gzipped = {**JSON, "Content-Encoding": "gzip"}
    found += [request("compressed", method, path, gzipped, gzip.compress(b"{}")) for method, path in takers]
    found += [
        request("an id that is none", "GET", place.replace("{id}", each.replace("{job}", job)))
        for place, each in product(PLACES, IDS)
    ]
    found += [request("a query or a name", "GET", path.format_map(known)) for path in QUERIES]
    found += [request(f"range {each}", "GET", f"/tasks/{job}/files/image", {"Range": each}) for each in RANGES]
    found += [request(name, "POST", f"/services/{forms}", FORM_TYPE, body) for name, body in FORMS.items()]
    found += [
        request(
            f"boundary {each!r}", "POST", f"/services/{forms}", {"Content-Type": "multipart/form-data" + each}, b"x"
        )
        for each in BOUNDARIES[1:]
    ]
    found += [
        request("a form's cut type", "POST", f"/services/{forms}", {"Content-Type": kind}, b"x") for kind in KINDS
    ]
    found += [request("an unknown call", "POST", f"/processing{call}", JSON, b"{}") for call in CALLS]
    found += [
        request(f"definition {number}", "POST", "/services", JSON, json.dumps(each).encode())
        for number, each in enumerate(definitions())
    ]
    keys = [{**JSON, "Idempotency-Key": key} for key in ("", "k" * 300)]
    found += [request("a bad key", "POST", f"/services/{objects}", key, b'{"a": 1}') for key in keys]
    found += [Wrong(f"broken {number}", "", sent) for number, sent in enumerate(BROKEN)]
    return found
