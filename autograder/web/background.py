"""Long computations beside the pages: asked for by a page, made once in a thread, with how far they are meanwhile."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Made = TypeVar("Made")
Tell = Callable[[int], None]


@dataclass(frozen=True)
class Waiting:
    """It is not there yet; `done`: how many steps are."""

    done: int


@dataclass
class _Task(Generic[Made]):
    key: Hashable
    done: int = 0
    made: list[Made] = field(default_factory=list)
    failure: BaseException | None = None


class Background(Generic[Made]):
    """What is computed for each name from a key; another key makes it be computed anew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: dict[str, _Task[Made]] = {}

    def ask(self, name: str, key: Hashable, make: Callable[[Tell], Made]) -> Made | Waiting:
        """Return what `make` has made of this key, or how far it is; the first who asks starts it.

        Args:
            make: gets a function to tell how many steps are done; runs in a thread.

        Raises:
            RuntimeError: when it failed: a bug of ours, with its cause.
        """
        with self._lock:
            task = self._tasks.get(name)
            if task is None or task.key != key:
                task = self._tasks[name] = _Task(key)
                threading.Thread(target=self._run, args=(task, make), daemon=True).start()
        if task.failure:
            raise RuntimeError(f"{name} could not be computed") from task.failure
        return task.made[0] if task.made else Waiting(task.done)

    def _run(self, task: _Task[Made], make: Callable[[Tell], Made]) -> None:
        def tell(done: int) -> None:
            task.done = done

        try:
            task.made.append(make(tell))
        except BaseException as failure:
            task.failure = failure
            raise
