"""Detector workers, one session and thread each; the queue is bounded and the newest request of a terminal wins."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Annotated, Literal, Self

import structlog
from pydantic import Field, model_validator

from fusion import metrics
from fusion.detectors import detr, nanodet, ssd, yolo, yolox  # noqa: F401 - the shipped families register themselves
from fusion.detectors.base import Detector, check_image, load
from fusion.detectors.manifest import Model, OwnModel, find_model
from fusion.detectors.preparing import Image
from fusion.detectors.providers import PROVIDERS, OneProvider
from fusion.detectors.session import ON_CPU
from fusion.plugins import Config, Duration, Registries
from fusion.types.detections import Detections

_LOG = structlog.get_logger()
DEFAULT_MODEL = "ssdlite_mobilenet_v2_coco"


@Registries.detectors.register
class OnnxConfig(Config):
    """Which model finds persons and vehicles, and what it runs on."""

    kind: Literal["onnx"] = "onnx"
    model: str = DEFAULT_MODEL
    models: str | None = None  #: a folder with a manifest of the site's own; None: the shipped one
    own_model: OwnModel | None = None  #: in place of `model`: a file of the site's own that stands in no manifest
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    providers: tuple[OneProvider, ...] = ON_CPU  #: execution providers, by preference
    fallback: bool = True  #: whether the next provider, and the CPU last, serves where the first does not
    least_score: Annotated[float, Field(gt=0, lt=1)] | None = None  #: None: the manifest's
    queue: Annotated[int, Field(ge=1, le=10_000)] = 64  #: requests that wait; one more drops the oldest
    most_in_batch: Annotated[int, Field(ge=1, le=256)] = 1  #: images; > 1 pays on a GPU only
    fill_batch: Duration = timedelta(milliseconds=5)  #: how long a batch that is not full waits for more

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if not self.providers:
            raise ValueError(f"providers is empty; wanted: one or more of {', '.join(PROVIDERS)}")
        if self.own_model is not None and self.model_fields_set & {"model", "models"}:
            raise ValueError("own_model stands beside model or models; wanted: one of them")
        return self

    def chosen(self, site_folder: Path) -> Model:
        """The model: the site's own file, or looked up in its folder or among the shipped ones."""
        if self.own_model is not None:
            return self.own_model.found(site_folder)
        return find_model(self.model, site_folder / self.models if self.models else None)

    def started(self, model: Model) -> Detector:
        """A detector of the model, as configured; SiteError when the file does not fit, or nothing runs it."""
        return load(model, least_score=self.least_score, providers=self.providers, fallback=self.fallback)


class Dropped(Exception):
    """A newer request took this one's place, or the pool closed."""


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    images: tuple[Image, ...]
    future: Future[list[Detections]]


class DetectorPool:
    """Runs a model on several threads; ONNX Runtime releases the interpreter while it computes.

    `submit` never blocks. A newer request of a terminal takes over the older one's turn, so that who asks
    often is neither served stale nor pushed to the end. After `close` every future that was not served
    fails with `Dropped`. Callbacks of futures run without the pool's lock.
    """

    def __init__(self, model: Model, config: OnnxConfig) -> None:
        self.model = model
        self._config = config
        self._waiting: OrderedDict[object, _Request] = OrderedDict()
        self._changed = threading.Condition()
        self._closed = False
        self.dropped = 0  #: requests that a newer one replaced, that found the queue full, or that `close` gave up
        detectors = [config.started(model) for _ in range(config.workers)]
        first = detectors[0]
        #: execution providers in use, the preferred one first
        self.providers: tuple[str, ...] = first.session.providers
        #: why it does not run on what the site wants first; None: it does
        self.fallback: str | None = first.session.fallback
        #: width, height of the model's input: what is larger is given away
        self.size_px: tuple[int, int] = first.preparation.size_px
        metrics.DETECTOR_FALLBACKS.labels(config.providers[0].name, self.providers[0]).set(self.fallback is not None)
        _LOG.info("detectors ready", model=model.name, workers=config.workers, providers=self.providers)
        self._threads = [
            threading.Thread(target=self._work, args=(detector,), name=f"detector-{index}", daemon=True)
            for index, detector in enumerate(detectors)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def waiting(self) -> int:
        """Requests that wait now; never above the configured bound."""
        return len(self._waiting)

    def submit(self, images: Sequence[Image], *, of: object = None) -> Future[list[Detections]]:
        """Detections of some pictures, in order.

        Args:
            images: each uint8 BGR [H, W, 3] of any size; ValueError for anything else.
            of: names the terminal whose older waiting request is given up; None: nobody's.
        """
        for image in images:
            check_image(image)
        request = _Request(tuple(images), Future())
        with self._changed:
            late = [request] if self._closed else self._queue(request, request if of is None else of)
            self.dropped += len(late)
            self._changed.notify_all()
        self._give_up(late)
        return request.future

    def detect(self, images: Sequence[Image], *, of: object = None) -> list[Detections]:
        """Submit and wait; `Dropped` when a newer request took the place."""
        return self.submit(images, of=of).result() if images else []

    def close(self) -> None:
        """Finish what runs, give up what waits, end the threads; twice is harmless."""
        with self._changed:
            self._closed = True
            late = list(self._waiting.values())
            self._waiting.clear()
            self.dropped += len(late)
            self._changed.notify_all()
        self._give_up(late)
        for thread in self._threads:
            thread.join()

    def _queue(self, request: _Request, key: object) -> list[_Request]:
        """Let a request wait; the requests that have to go for it."""
        late = []
        if key in self._waiting:
            late.append(self._waiting[key])
        elif len(self._waiting) >= self._config.queue:
            late.append(self._waiting.popitem(last=False)[1])
        self._waiting[key] = request
        return late

    def _give_up(self, requests: Sequence[_Request]) -> None:
        for request in requests:
            metrics.DROPS.labels("detector busy").inc()
            if request.future.set_running_or_notify_cancel():
                request.future.set_exception(Dropped("a newer picture took its place, or the pool is closed"))

    def _take(self) -> list[_Request] | None:
        """The next batch, none of it cancelled; None when the pool is closed."""
        most = self._config.most_in_batch
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if most > 1:
                    self._changed.wait_for(lambda: self._fill() >= most or self._closed, self._fill_s)
                if self._closed:
                    return None
                batch = self._pop(most)
                if batch:
                    return batch

    @property
    def _fill_s(self) -> float:
        return self._config.fill_batch.total_seconds()

    def _fill(self) -> int:
        return sum(len(request.images) for request in self._waiting.values())

    def _pop(self, most: int) -> list[_Request]:
        batch: list[_Request] = []
        images = 0
        while self._waiting and images < most:
            request = next(iter(self._waiting.values()))
            if batch and images + len(request.images) > most:
                break
            self._waiting.popitem(last=False)
            if request.future.set_running_or_notify_cancel():
                batch.append(request)
                images += len(request.images)
        return batch

    def _work(self, detector: Detector) -> None:
        while (batch := self._take()) is not None:
            self._serve(detector, batch)

    def _serve(self, detector: Detector, batch: Sequence[_Request]) -> None:
        try:
            with metrics.DETECT_SECONDS.time():
                found = iter(detector.detect([image for request in batch for image in request.images]))
        except Exception as error:  # noqa: BLE001 - a worker outlives one bad picture; its sender is told
            if len(batch) > 1:
                for request in batch:  # only the one that is at fault fails
                    self._serve(detector, [request])
                return
            _LOG.warning("detector failed", model=self.model.name, error=repr(error))
            batch[0].future.set_exception(error)
            return
        for request in batch:
            request.future.set_result([next(found) for _ in request.images])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
