"""The `http` node: real requests to real servers on loopback ports, with a real store of binaries."""
