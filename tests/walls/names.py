"""A name server on a loopback port, whose names have other addresses each time they are asked for."""

import socket
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Answers = Sequence[Sequence[str]]
"""What a name is for the first who asks, the second, and so on, the last for ever: addresses, or `>` and a name."""


class NameServer:
    """Answers A and AAAA over UDP; `asked` counts the questions by name."""

    def __init__(self, names: Mapping[str, Answers]) -> None:
        self._names = names
        self._times: Counter[tuple[str, str]] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.port = int(self._socket.getsockname()[1])
        self.asked: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, sender = self._socket.recvfrom(4_096)
            if not data:
                return
            self._socket.sendto(self._answer(dns.message.from_wire(data)).to_wire(), sender)

    def _answer(self, question: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        asked = question.question[0]
        name, kind = asked.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked[name] += 1
        if name not in self._names:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self._add(answer, name, kind)
        return answer

    def _add(self, answer: dns.message.Message, name: str, kind: str) -> None:
        answers = self._names.get(name)
        if not answers:
            return
        records = answers[min(self._times[name, kind], len(answers) - 1)]
        self._times[name, kind] += 1
        for record in records:
            if record.startswith(">"):
                answer.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", "CNAME", f"{record[1:]}."))
                self._add(answer, record[1:], kind)
        found = [record for record in records if record[0] != ">" and (":" in record) is (kind == "AAAA")]
        if found:
            answer.answer.append(dns.rrset.from_text(f"{name}.", 0, "IN", kind, *found))
