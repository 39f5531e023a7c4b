"""The engines in the world of a task, which share a store: they crash, are stopped and woken, and take over what others
have left.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.pipeline.nodes import HttpNode, ServiceNode
from engine.task.events import Resumed
from engine.task.origin import family
from engine.task.task import Task
from tests.task.holding import open_nodes
from tests.task.items import round_of

if TYPE_CHECKING:
    from tests.task.world import World


@dataclass
class Asleep:
    """What an engine that is stopped will go on with when it is woken: its part of the bag, the requests whose answers
    wait for it, and the tasks as it knows them."""

    bag: list[tuple[Any, ...]]
    open: dict[str, tuple[str, str, str]]
    tasks: dict[str, Task]


class Engines:
    """Those that live, and those that are stopped, whom all others take for dead. `alone`: there was only ever one at a
    time."""

    def __init__(self, world: "World", count: int) -> None:
        self._world = world
        self._names = count
        self.living = [f"e{number}" for number in range(count)]
        self.known_names = list(self.living)
        self.dead: list[str] = []
        self.alone = count == 1
        self._asleep: dict[str, Asleep] = {}
        self._old: dict[str, dict[str, Task]] = {}
        self._unchecked: set[str] = set()

    def some(self) -> str:
        """One that lives."""
        return self.living[0] if len(self.living) == 1 else self._world.rng.choice(self.living)

    def known(self, task_id: str) -> Task | None:
        """The task as the engine at work knows it, where it has slept since: once, for then it reads it again."""
        return self._old[self._world.engine].pop(task_id, None) if self._world.engine in self._old else None

    # What happens to them

    def crash(self, number: int) -> None:
        """One dies, or all; often one that has something to do."""
        world, number = self._world, number // 6
        dying = [*self.living, *self._asleep]
        if number % 6 and world.bag and number % 2:
            dying = [world.bag[number % len(world.bag)][0]]
        elif number % 6:
            dying = [dying[number % len(dying)]]
        world.now += number % 3
        world.log.append(f"           crash of {' '.join(dying)}")
        for name in dying:
            self._die(name)
        self._after_a_death()

    def stop(self, number: int) -> None:
        """One is stopped."""
        world, name = self._world, self.living[number % len(self.living)]
        world.log.append(f"           {name} sleeps")
        self.alone = False
        requests = {call: given for call, given in world.open.items() if given[2] == name and self._is_request(given)}
        for call in requests:
            del world.open[call]
        self._asleep[name] = Asleep([job for job in world.bag if job[0] == name], requests, dict(world.tasks))
        world.bag = [job for job in world.bag if job[0] != name]
        self._leaves(name)
        self._after_a_death()

    def wake(self, number: int) -> None:
        """One that was stopped goes on with what it was doing."""
        if not self._asleep:
            return
        world, name = self._world, list(self._asleep)[number % len(self._asleep)]
        world.log.append(f"           {name} wakes")
        asleep = self._asleep.pop(name)
        world.bag += asleep.bag
        world.open = {**asleep.open, **world.open}
        self._old[name] = asleep.tasks
        self.living.append(name)
        for key, group in world.groups.items():
            group.missed |= key[0] == name

    def disturb(self) -> None:
        """Something happens to one of them."""
        number = self._world.rng.getrandbits(20)
        (self.crash, self.crash, self.stop, self.wake)[number % 4](number // 4)

    def _is_request(self, given: tuple[str, str, str]) -> bool:
        """Whether only the engine that sent this can hear the answer."""
        task = self._world.tasks[given[0]]
        return isinstance(self._world.place(task).pipeline.nodes[given[1]], HttpNode)

    def _die(self, name: str) -> None:
        """What it had in memory is gone. Requests end with it; half of what it told services they have not heard."""
        world = self._world
        world.bag = [job for job in world.bag if job[0] != name]
        world.groups = {key: group for key, group in world.groups.items() if key[0] != name}
        for call, given in list(world.open.items()):
            if given[2] == name and (self._is_request(given) or world.rng.random() < 0.5):
                del world.open[call]
        self.known_names.remove(name)
        self.dead.append(name)
        self._old.pop(name, None)
        if self._asleep.pop(name, None) is None:
            self._leaves(name)

    def _leaves(self, name: str) -> None:
        """A new one takes its place."""
        self.living[self.living.index(name)] = f"e{self._names}"
        self.known_names.append(f"e{self._names}")
        self._names += 1

    def _after_a_death(self) -> None:
        self._unchecked = {task.id for task in self._world.running() if task.origin is not None}
        self.reconcile()

    # What they do about it

    def reconcile(self) -> bool:
        """Look for what engines that do not live have left, as all do every second. Whether there was anything."""
        world = self._world
        under_way = {job[1:] for job in world.bag}
        before = len(world.bag)
        for task in world.running():
            lost = frozenset(task.holders).difference(self.living)
            if lost:
                self._put(under_way, self.resume, task.id, lost)
            elif not self.alone or self.dead:
                self._watch(under_way, task)
        for task_id in sorted(self._unchecked):
            self._put(under_way, self.check, task_id)
        for key, group in world.groups.items():
            if group.missed and key[0] in self.living:
                group.look()
                world.engine = key[0]
                world.wake(key)
        return len(world.bag) > before

    def _put(self, under_way: set[tuple[Any, ...]], *job: Any) -> None:
        if job not in under_way:
            self._world.engine = self.some()
            self._world.put(*job)

    def _watch(self, under_way: set[tuple[Any, ...]], task: Task) -> None:
        """A sub-pipeline has ended, and its parent does not know: one of those that hold the parent answers for it."""
        world = self._world
        for node_id in open_nodes(task):
            run = task.nodes[node_id]
            child = run.attempts[-1].task if run.phase == "calling" else None
            if child is not None and world.tasks[child].status != "running":
                assert task.holders, "nobody holds a task that waits for its child"
                if (world.children.answer, child) not in under_way:
                    world.engine = world.rng.choice(task.holders)
                    world.put(world.children.answer, child)

    def resume(self, task_id: str, lost: frozenset[str]) -> None:
        """Take over what engines that are lost had under way for a task."""
        self._world.tell(task_id, Resumed(lost))

    def check(self, task_id: str) -> None:
        """See whether a child is still waited for: who was to stop it may have died."""
        self._unchecked.discard(task_id)
        self._world.children.check(task_id)

    def look(self, number: int) -> None:
        """The groups of one of them look at the store, as they do from time to time."""
        name = self.living[number % len(self.living)]
        for key, group in self._world.groups.items():
            if key[0] == name:
                group.look()
                self._world.engine = name
                self._world.wake(key)

    def settle(self) -> bool:
        """Let one that still sleeps wake or die. Whether there was one."""
        if not self._asleep:
            return False
        if self._world.rng.random() < 0.6:
            self.wake(0)
        else:
            self._die(next(iter(self._asleep)))
        return True

    def all_is_in_hand(self) -> None:
        """Nothing lies in the bag, and nothing is found that was left: so what is open is in somebody's hands."""
        world = self._world
        for task in world.running():
            for node_id in open_nodes(task):
                run = task.nodes[node_id]
                assert run.more.step is None, f"nobody runs the code of {node_id}"
                if run.phase == "items":
                    name = family(node_id, run.turn)
                    groups = [world.groups.get((engine, task.id, name)) for engine in self.living]
                    driven = any(group is not None and group.round == round_of(task) for group in groups)
                    assert driven, f"nobody drives the bodies of {node_id}"
                    continue
                last, node = run.attempts[-1], world.place(task).pipeline.nodes[node_id]
                if isinstance(node, ServiceNode) and node.service in world.pipelines:
                    assert (
                        last.task is not None and world.tasks[last.task].status == "running"
                    ), "nobody runs a pipeline"
                else:
                    assert last.id in world.open, f"nobody makes the call of {node_id}"
