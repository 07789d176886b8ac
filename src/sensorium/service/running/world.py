"""The demo world as a workspace that is served."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sensorium.core.progress import Progress
from sensorium.demo.world import make_demo_world


@contextmanager
def demo_world(folder: Path | None, progress: Progress) -> Generator[Path]:
    """Make the demo world in `folder`, or in one that is removed when the block ends; give where it is.

    Raises
    ------
    ConfigError
        If `folder` holds a workspace of somebody's own.
    """
    with TemporaryDirectory(prefix="sensorium-demo-", ignore_cleanup_errors=True) as aside:
        place = Path(aside) if folder is None else folder
        make_demo_world(place, progress=progress)
        yield place
