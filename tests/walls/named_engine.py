"""An engine for which the system's names come from a name server of the test: `python named_engine.py PORT`."""

import sys

import dns.resolver

from engine.__main__ import main

if __name__ == "__main__":
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = int(sys.argv[1])
    dns.resolver.override_system_resolver(resolver)
    sys.exit(main())
