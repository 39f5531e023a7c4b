"""`python -m face_detection` starts the service, on port 8082 unless APP_PORT says otherwise."""

from face_detection.service import service

if __name__ == "__main__":
    service.run()
