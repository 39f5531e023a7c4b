"""Every fault of a definition, all at once."""

from engine.pipeline.check.definition import MAX_FAULTS, MAX_NODES, check, described_faults, route_of

__all__ = ["MAX_FAULTS", "MAX_NODES", "check", "described_faults", "route_of"]
