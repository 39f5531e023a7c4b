"""`python -m engine.client` is `aim`."""

from engine.client.main import main

main()
