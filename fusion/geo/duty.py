"""When a worker is on duty."""

from datetime import time

from fusion.types.case import Worker


def on_duty(worker: Worker, local_time: time) -> bool:
    """Whether a time of day of the site lies in one of the worker's duty hours.

    The start belongs to the hours, the end no longer; hours that end before they start run over midnight,
    and hours that end when they start are the whole day.
    """
    return any(_within(time.fromisoformat(start), time.fromisoformat(end), local_time) for start, end in worker.duty)


def _within(start: time, end: time, now: time) -> bool:
    return start <= now < end if start < end else now >= start or now < end
