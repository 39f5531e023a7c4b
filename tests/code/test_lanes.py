"""Who goes first."""

from functools import partial

from engine.code.lanes import Lane, Lanes, Memory


class Runs:
    """Runs that enter lanes, by name, and the order in which they began."""

    def __init__(self, quick: int, slow: int) -> None:
        self.lanes = Lanes(quick, slow)
        self.began: list[str] = []

    def enter(self, lane: Lane, *names: str) -> None:
        for name in names:
            self.lanes.enter(lane, partial(self._begin, name))

    def _begin(self, name: str) -> bool:
        self.began.append(name)
        return True


def test_new_code_leaves_a_place_to_the_quick() -> None:
    runs = Runs(quick=2, slow=1)
    runs.enter("new", "n1", "n2")
    assert runs.began == ["n1"]
    runs.enter("quick", "q1", "q2")
    assert runs.began == ["n1", "q1"]
    runs.lanes.leave("new")
    assert runs.began == ["n1", "q1", "n2"]
    runs.lanes.leave("quick")
    assert runs.began == ["n1", "q1", "n2", "q2"]
    assert runs.lanes.waiting == 0


def test_the_slow_have_places_of_their_own() -> None:
    runs = Runs(quick=2, slow=2)
    runs.enter("slow", "s1", "s2", "s3")
    runs.enter("quick", "q1")
    assert runs.began == ["s1", "s2", "q1"]
    assert not runs.lanes.move_to_slow("quick")
    runs.lanes.leave("slow")
    assert runs.began == ["s1", "s2", "q1", "s3"]


def test_a_run_that_becomes_slow_makes_room() -> None:
    runs = Runs(quick=2, slow=1)
    runs.enter("new", "n1", "n2", "n3")
    assert runs.lanes.move_to_slow("new")
    assert runs.began == ["n1", "n2"]
    assert not runs.lanes.move_to_slow("new")
    assert runs.began == ["n1", "n2"] and runs.lanes.waiting == 1
    runs.lanes.leave("slow")
    assert runs.lanes.move_to_slow("new")
    assert runs.began == ["n1", "n2", "n3"]


def test_who_came_first_goes_first() -> None:
    runs = Runs(quick=2, slow=1)
    runs.enter("quick", "q1", "q2")
    runs.enter("new", "n1")
    runs.enter("quick", "q3")
    runs.lanes.leave("quick")
    runs.lanes.leave("quick")
    assert runs.began == ["q1", "q2", "n1", "q3"]


def test_who_no_longer_wants_takes_no_place() -> None:
    runs = Runs(quick=2, slow=1)
    runs.enter("quick", "q1", "q2")
    runs.lanes.enter("quick", lambda: False)
    runs.enter("quick", "q3")
    runs.lanes.leave("quick")
    assert runs.began == ["q1", "q2", "q3"]


def test_all_begin_when_the_lanes_are_opened() -> None:
    runs = Runs(quick=2, slow=1)
    runs.enter("slow", "s1", "s2")
    runs.enter("new", "n1", "n2")
    runs.lanes.open_all()
    assert sorted(runs.began) == ["n1", "n2", "s1", "s2"]


def test_code_is_remembered_by_its_last_run() -> None:
    memory = Memory()
    assert memory.lane("a") == "new"
    memory.note("a", "slow")
    assert memory.lane("a") == "slow"
    memory.note("a", "quick")
    assert memory.lane("a") == "quick"


def test_only_the_last_few_thousand_are_remembered() -> None:
    memory = Memory()
    for number in range(4_100):
        memory.note(str(number), "slow")
    assert memory.lane("0") == "new" and memory.lane("4099") == "slow"
