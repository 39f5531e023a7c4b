"""`python -m face_analyzer` starts the service, on port 8083 unless APP_PORT says otherwise."""

from face_analyzer.service import service

if __name__ == "__main__":
    service.run()
