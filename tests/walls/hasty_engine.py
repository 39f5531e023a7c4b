"""An engine with other bounds for slow clients: `python hasty_engine.py '{"head": 0.5}'`, else by its environment."""

import json
import sys

from aiservice.protocol.patience import Patience
from engine.__main__ import serve
from engine.settings import read_settings

if __name__ == "__main__":
    serve(read_settings(), Patience(**json.loads(sys.argv[1])))
