"""Answers from one moment: who reads a model while other threads change it sees the old or the new one."""

import functools
import threading
from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec, Self, TypeVar


class _WriteLock:
    """One writer at a time; a copy of a model, also a pickled one, has a lock of its own."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def __reduce__(self) -> "tuple[type[_WriteLock], tuple[()]]":
        return _WriteLock, ()


class Momentary:
    """An object whose attributes are replaced as a whole.

    All attributes stand in one dictionary. A change puts another dictionary in its place, in one step, so
    that whoever holds the former one goes on with what belongs together; a reader neither waits nor locks.
    """

    _writing: _WriteLock

    def __init__(self) -> None:
        self._writing = _WriteLock()

    def _at_this_moment(self) -> Self:
        """Return an object with the attributes of now, which later changes of this one do not reach."""
        moment = object.__new__(type(self))
        moment.__dict__ = self.__dict__
        return moment

    def _change(self, changed: Mapping[str, Any]) -> None:
        """Replace the attributes `changed`, all at once; only who holds `_writing` may call it."""
        self.__dict__ = {**self.__dict__, **changed}


ModelT = TypeVar("ModelT", bound=Momentary)
Given = ParamSpec("Given")
AnswerT = TypeVar("AnswerT")


def at_one_moment(
    method: Callable[Concatenate[ModelT, Given], AnswerT],
) -> Callable[Concatenate[ModelT, Given], AnswerT]:
    """Return `method`, called on the object as it is now: what changes meanwhile, it does not see."""

    @functools.wraps(method)
    def answered(model: ModelT, /, *args: Given.args, **kwargs: Given.kwargs) -> AnswerT:
        return method(model._at_this_moment(), *args, **kwargs)  # pyright: ignore[reportPrivateUsage]

    return answered


def one_at_a_time(
    method: Callable[Concatenate[ModelT, Given], AnswerT],
) -> Callable[Concatenate[ModelT, Given], AnswerT]:
    """Return `method`, which changes its object, so that it waits for other changes to be done."""

    @functools.wraps(method)
    def changed(model: ModelT, /, *args: Given.args, **kwargs: Given.kwargs) -> AnswerT:
        with model._writing:  # pyright: ignore[reportPrivateUsage]
            return method(model, *args, **kwargs)

    return changed
