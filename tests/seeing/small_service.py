"""A service written with the SDK: `python small_service.py`, its settings in the environment. `/half` fails for 0."""

from aiservice import Service

service = Service("small")


@service.operation("seen-half", path="/half", example={"n": 1.5})
def half(n: float) -> dict[str, float]:
    """Half of a number, and the number divided by itself."""
    return {"n": n / 2, "one": n / n}


if __name__ == "__main__":
    service.run()
