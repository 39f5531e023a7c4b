"""`python -m image_processing` starts the service, on port 8081 unless APP_PORT says otherwise."""

from image_processing.service import service

if __name__ == "__main__":
    service.run()
