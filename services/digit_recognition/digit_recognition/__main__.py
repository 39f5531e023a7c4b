"""`python -m digit_recognition` starts the service, on port 8084 unless APP_PORT says otherwise."""

import sys

from aiservice.settings import WrongSetting

from digit_recognition.service import service
from digit_recognition.settings import read_digit_settings

if __name__ == "__main__":
    try:
        read_digit_settings()
    except WrongSetting as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    service.run()
