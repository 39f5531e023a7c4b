"""A service made with the SDK, that announces itself: `python doubling_service.py`."""

from pydantic import BaseModel

from aiservice import Service

service = Service("doubling")


class Doubled(BaseModel):
    """What it gives."""

    n: int


@service.operation("double", path="/double")
def double(n: int) -> Doubled:
    """Twice the number."""
    return Doubled(n=2 * n)


if __name__ == "__main__":
    service.run()
