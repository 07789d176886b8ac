"""What a client does with models and jobs: fits, bundles, waiting for work to end."""

import time

from sensorium.client.connection import Asker, path_of
from sensorium.client.nouns import Bundle, Job
from sensorium.core.errors import NotReadyError, UserError

LOOK_S = 0.5
LIVE = ("waiting", "running")


class Operation(Asker):
    """The models and jobs of a client's service."""

    def fit(self, *, model: str | None = None, seconds: float | None = None) -> Job:
        """Let the service learn anew from all that it holds; return the job, which `wait` waits for."""
        said = {"model": model, "seconds": seconds}
        known = {name: value for name, value in said.items() if value is not None}
        return Job.model_validate(self.ask("POST", path_of("fit"), known))

    def bundles(self) -> list[Bundle]:
        """Return the fitted models that are kept, the latest first."""
        return [Bundle.model_validate(row) for row in self.ask("GET", path_of("bundles"))["bundles"]]

    def activate(self, version: str) -> Job:
        """Let a bundle answer, newer or older, once it has all items; return the job."""
        return Job.model_validate(self.ask("POST", path_of("bundles", version, "activate")))

    def job(self, job_id: int) -> Job:
        """Return a job as it is now."""
        return Job.model_validate(self.ask("GET", path_of("jobs", str(job_id))))

    def wait(self, job: Job, *, timeout_s: float = 3600.0) -> Job:
        """Return the job once it is done.

        Raises
        ------
        UserError
            If it failed or was cancelled; it says why.
        NotReadyError
            If it still waits or runs after `timeout_s`.
        """
        end_s = time.monotonic() + timeout_s
        while (now := self.job(job.id)).state in LIVE:
            if time.monotonic() > end_s:
                what = f"the job {job.id} ({job.kind}) is {now.state} after {timeout_s:g} s"
                raise NotReadyError(what, remedy="Wait longer, or look at GET /api/jobs")
            time.sleep(LOOK_S)
        if now.state != "done":
            what = f"the job {job.id} ({job.kind}) is {now.state}" + (f": {now.error}" if now.error else "")
            raise UserError(what, remedy=f"Mend that, then POST /api/jobs/{job.id}/retry")
        return now
