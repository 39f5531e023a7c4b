"""The requests of `http` nodes: ordinary exchanges with hosts that are not trusted."""
