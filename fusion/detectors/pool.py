"""Detector workers, one session and thread each; the queue is bounded and the newest request of a terminal wins."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal, Self

import structlog
from pydantic import Field

from fusion import metrics
from fusion.detectors import ssd, yolox  # noqa: F401 - the shipped families register themselves
from fusion.detectors.base import Image, load
from fusion.detectors.manifest import Model, find_model
from fusion.plugins import Config, Registries
from fusion.types.detections import Detections

_LOG = structlog.get_logger()


@Registries.detectors.register
class OnnxConfig(Config):
    """Which model finds persons and vehicles, and what it runs on."""

    kind: Literal["onnx"] = "onnx"
    model: str = "ssdlite_mobilenet_v2_coco"
    models: str | None = None  #: a folder with a manifest of the site's own; None: the shipped one
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    providers: tuple[str, ...] = ("CPUExecutionProvider",)
    least_score: Annotated[float, Field(gt=0, lt=1)] = 0.35
    queue: Annotated[int, Field(ge=1, le=10_000)] = 64  #: requests that wait; one more drops the oldest
    most_in_batch: Annotated[int, Field(ge=1, le=256)] = 1  #: > 1 pays on a GPU only

    def chosen(self, site_folder: Path) -> Model:
        """The model, looked up in the site's folder or among the shipped ones."""
        return find_model(self.model, site_folder / self.models if self.models else None)


class Dropped(Exception):
    """A newer request took this one's place, or the pool closed."""


@dataclass(slots=True)
class _Request:
    images: Sequence[Image]
    future: Future[list[Detections]]


class DetectorPool:
    """Runs a model on several threads; ONNX Runtime releases the interpreter while it computes.

    `submit` never blocks. After `close` every future that was not served fails with `Dropped`.
    """

    def __init__(self, model: Model, config: OnnxConfig) -> None:
        self.model = model
        self._config = config
        self._waiting: OrderedDict[object, _Request] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False
        self.dropped = 0  #: requests that a newer one replaced or that found the queue full
        detectors = [
            load(model, least_score=config.least_score, providers=config.providers) for _ in range(config.workers)
        ]
        self._threads = [
            threading.Thread(target=self._work, args=(detector.detect,), name=f"detector-{index}", daemon=True)
            for index, detector in enumerate(detectors)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Requests that wait now; never above the configured bound."""
        return len(self._waiting)

    def submit(self, images: Sequence[Image], *, of: object = None) -> Future[list[Detections]]:
        """Detections of some pictures, in order. `of` names the terminal whose older request is given up."""
        future: Future[list[Detections]] = Future()
        with self._changed:
            if self._closed:
                future.set_exception(Dropped("the pool is closed"))
                return future
            key = of if of is not None else future
            self._give_up(self._waiting.pop(key, None))
            if len(self._waiting) >= self._config.queue:
                self._give_up(self._waiting.popitem(last=False)[1])
            self._waiting[key] = _Request(images, future)
            self._changed.notify()
        return future

    def detect(self, images: Sequence[Image], *, of: object = None) -> list[Detections]:
        """Submit and wait; `Dropped` when a newer request took the place."""
        return self.submit(images, of=of).result() if images else []

    def close(self) -> None:
        """Finish what runs, give up what waits, end the threads."""
        with self._changed:
            self._closed = True
            for request in self._waiting.values():
                self._give_up(request)
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _give_up(self, request: _Request | None) -> None:
        if request is not None:
            self.dropped += 1
            metrics.DROPS.labels("detector busy").inc()
            request.future.set_exception(Dropped("a newer picture took its place"))

    def _take(self) -> list[_Request] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if self._closed:
                return None
            batch = [self._waiting.popitem(last=False)[1]]
            images = len(batch[0].images)
            while self._waiting and images < self._config.most_in_batch:
                batch.append(self._waiting.popitem(last=False)[1])
                images += len(batch[-1].images)
            return batch

    def _work(self, detect: object) -> None:
        assert callable(detect)  # noqa: S101 - a bound method travels as an object through Thread
        while (batch := self._take()) is not None:
            try:
                with metrics.DETECT_SECONDS.time():
                    found = iter(detect([image for request in batch for image in request.images]))
                for request in batch:
                    request.future.set_result([next(found) for _ in request.images])
            except Exception as error:  # noqa: BLE001 - a worker outlives one bad picture; its sender is told
                _LOG.warning("detector failed", model=self.model.name, error=repr(error))
                for request in batch:
                    if not request.future.done():
                        request.future.set_exception(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
