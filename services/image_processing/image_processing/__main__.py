"""`python -m image_processing` starts the service, on port 8081 unless APP_PORT says otherwise."""

import os

from aiservice.settings import WrongSetting, read_settings

from image_processing.service import service

PORT = 8081


def main() -> None:
    """Serve until a signal says to stop. A wrong setting is left to `run`, which says what is wrong and ends."""
    try:
        port_is_given = "port" in read_settings().model_fields_set
    except WrongSetting:
        port_is_given = True
    if not port_is_given:
        os.environ["APP_PORT"] = str(PORT)
    service.run()


if __name__ == "__main__":
    main()
