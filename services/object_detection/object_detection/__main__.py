"""`python -m object_detection` starts the service, on port 8085 unless APP_PORT says otherwise."""

from object_detection.service import service

if __name__ == "__main__":
    service.run()
