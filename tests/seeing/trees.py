"""Traces as trees: what must hold of every one."""

import secrets
import time
from dataclasses import dataclass, field

from tests.seeing.receiver import Told

TOLERANCE = 1.0
"""Seconds by which a span may stick out of its parent: what a service does ends when the engine has stored it, the call
when that was decided. On a busy machine that is a while."""


@dataclass
class Asker:
    """A client with a span of its own, in a trace of its own."""

    sampled: bool = True
    trace: str = field(default_factory=lambda: secrets.token_hex(16))
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    begin: float = field(default_factory=time.time)

    @property
    def headers(self) -> dict[str, str]:
        """What it sends."""
        return {"traceparent": f"00-{self.trace}-{self.id}-0{int(self.sampled)}"}

    def span(self) -> Told:
        """Its span, until now."""
        return Told("client", self.trace, self.id, "", "client", "CLIENT", self.begin, time.time())


class Tree:
    """The spans of one trace with the client's, checked: one root, every parent is there, no id comes twice, times are
    nested."""

    def __init__(self, spans: list[Told], asker: Asker) -> None:
        self.spans = [asker.span(), *spans]
        self.by_id = {span.id: span for span in self.spans}
        assert len(self.by_id) == len(self.spans), "an id comes twice"
        assert {span.trace for span in self.spans} == {asker.trace}
        roots = [span for span in self.spans if span.parent not in self.by_id]
        assert [(root.service, root.name) for root in roots] == [("client", "client")], roots
        for span in spans:
            above = self.by_id[span.parent]
            assert span.end >= span.start, span
            assert above.start - TOLERANCE <= span.start and span.end <= above.end + TOLERANCE, (above, span)

    def named(self, name: str) -> list[Told]:
        """The spans of this name, by start."""
        return sorted((span for span in self.spans if span.name == name), key=lambda span: span.start)

    def one(self, name: str) -> Told:
        """The only span of this name."""
        (found,) = self.named(name)
        return found

    def road(self, span: Told) -> list[str]:
        """The way from the root to this span, as `service: name`."""
        way = [f"{span.service}: {span.name}"]
        while span.parent:
            span = self.by_id[span.parent]
            way.insert(0, f"{span.service}: {span.name}")
        return way
