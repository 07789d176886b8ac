"""The largest memory of a benchmark and of the processes that it starts."""

import threading

import psutil


class PeakMemory:
    """The largest resident memory within the context, sampled: of this process, and with those it started.

    Of all of them together, their own is what they have allocated; mapped is what they hold of files,
    libraries and features alike, and what the system takes back where it is short of memory. Each peak is of
    its own moment.
    """

    def __enter__(self) -> "PeakMemory":
        self.alone_bytes = 0
        """Of this process, own and mapped."""
        self.all_bytes = 0
        """Of all processes, own and mapped."""
        self.own_bytes = 0
        """Of all processes, without what is mapped."""
        self.mapped_bytes = 0
        """Of all processes, what is mapped alone."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        me = psutil.Process()
        while not self._over.wait(0.05):
            alone = me.memory_info().rss
            resident = mapped = 0
            for process in [me, *me.children(recursive=True)]:
                try:
                    held = process.memory_info()
                except psutil.Error:
                    continue
                resident += held.rss
                mapped += held.shared
            self.alone_bytes = max(self.alone_bytes, alone)
            self.all_bytes = max(self.all_bytes, resident)
            self.own_bytes = max(self.own_bytes, resident - mapped)
            self.mapped_bytes = max(self.mapped_bytes, mapped)
