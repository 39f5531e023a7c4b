"""Starts the service: python -m my_service."""

from my_service.service import service

if __name__ == "__main__":
    service.run()
