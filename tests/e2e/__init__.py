"""The whole system: real engines and services in real processes, through HTTP."""
