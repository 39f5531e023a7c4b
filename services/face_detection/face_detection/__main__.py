"""`python -m face_detection` starts the service, on port 8082 unless APP_PORT says otherwise."""

import os

from aiservice.settings import WrongSetting, read_settings

from face_detection.service import service

PORT = 8082


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
