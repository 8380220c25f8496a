"""The pool: order, the newest request, bounds, batches, faults, and its end."""

import threading
from concurrent.futures import Future
from datetime import timedelta

import numpy as np
import pytest

from fusion.detectors.base import load
from fusion.detectors.manifest import Model, find_model
from fusion.detectors.pool import DetectorPool, Dropped, OnnxConfig
from fusion.types.detections import Detections

from .parts import DEADLINE_S, Gate, marked, scenes

Waiting = Future[list[Detections]]


def busy(pool: DetectorPool, gate: Gate) -> Waiting:
    """Occupy the only worker until the gate opens."""
    future = pool.submit([marked(0)])
    gate.wait_for_batch()
    return future


def test_it_answers_in_the_order_of_the_images_as_one_detector_alone_does() -> None:
    model = find_model("ssdlite_mobilenet_v2_coco")
    street = [
        np.ascontiguousarray(scene.picture.y[:, 200:560, None].repeat(3, axis=2)) for scene in scenes("stall_cart", 150)
    ]
    alone = load(model)
    wanted = [alone.detect([image])[0] for image in street]
    with DetectorPool(model, OnnxConfig(workers=2)) as pool:
        found = pool.detect(street)
    assert any(len(one) for one in wanted)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_allclose(one.xyxy_px, other.xyxy_px, atol=0.01)
        assert one.names() == other.names()


def test_a_terminals_newer_request_takes_over_the_turn_of_its_older_one(gated: Model, gate: Gate) -> None:
    with DetectorPool(gated, OnnxConfig()) as pool:
        first = busy(pool, gate)
        stale = pool.submit([marked(1)], of="T-1")
        other = pool.submit([marked(2)], of="T-2")
        newest = pool.submit([marked(3)], of="T-1")
        with pytest.raises(Dropped):
            stale.result(DEADLINE_S)
        assert (pool.waiting, pool.dropped) == (2, 1)
        gate.open.set()
        for future in (first, newest, other):
            assert len(future.result(DEADLINE_S)) == 1
    assert gate.batches == [[0], [3], [2]]


def test_a_full_queue_gives_up_the_oldest_and_never_grows(gated: Model, gate: Gate) -> None:
    with DetectorPool(gated, OnnxConfig(queue=2)) as pool:
        busy(pool, gate)
        futures = [pool.submit([marked(mark)], of=mark) for mark in (1, 2, 3)]
        assert (pool.waiting, pool.dropped) == (2, 1)
        with pytest.raises(Dropped):
            futures[0].result(DEADLINE_S)
        gate.open.set()
        assert [len(future.result(DEADLINE_S)) for future in futures[1:]] == [1, 1]


def test_requests_that_name_no_terminal_do_not_replace_each_other(gated: Model, gate: Gate) -> None:
    with DetectorPool(gated, OnnxConfig()) as pool:
        busy(pool, gate)
        futures = [pool.submit([marked(mark)]) for mark in (1, 2)]
        gate.open.set()
        assert [len(future.result(DEADLINE_S)) for future in futures] == [1, 1]


def test_close_finishes_what_runs_gives_up_what_waits_and_ends_the_threads(gated: Model, gate: Gate) -> None:
    pool = DetectorPool(gated, OnnxConfig(workers=2))
    running = [busy(pool, gate), busy(pool, gate)]
    waiting = pool.submit([marked(1)])
    waiting.add_done_callback(lambda _future: gate.open.set())
    pool.close()
    assert [len(future.result(0)) for future in running] == [1, 1]
    with pytest.raises(Dropped):
        waiting.result(0)
    with pytest.raises(Dropped):
        pool.submit([marked(2)]).result(0)
    pool.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("detector-")]


def test_several_workers_compute_at_the_same_time(gated: Model, gate: Gate) -> None:
    with DetectorPool(gated, OnnxConfig(workers=3)) as pool:
        futures = [busy(pool, gate) for _ in range(3)]
        gate.open.set()
        assert [len(future.result(DEADLINE_S)) for future in futures] == [1, 1, 1]


def test_a_cancelled_request_is_not_computed_and_harms_nobody(gated: Model, gate: Gate) -> None:
    with DetectorPool(gated, OnnxConfig(most_in_batch=4)) as pool:
        busy(pool, gate)
        cancelled, replaced, other = (pool.submit([marked(mark)], of=mark) for mark in (1, 2, 3))
        assert cancelled.cancel()
        assert replaced.cancel()
        newer = pool.submit([marked(4)], of=2)
        gate.open.set()
        assert [len(future.result(DEADLINE_S)) for future in (other, newer)] == [1, 1]
    assert gate.batches == [[0], [4, 3]]


def test_a_batch_is_filled_up_to_its_bound_and_no_further(gated: Model, gate: Gate) -> None:
    with DetectorPool(gated, OnnxConfig(most_in_batch=4)) as pool:
        busy(pool, gate)
        futures = [pool.submit([marked(mark)] * count) for mark, count in ((1, 2), (2, 1), (3, 3), (4, 5))]
        gate.open.set()
        assert [len(future.result(DEADLINE_S)) for future in futures] == [2, 1, 3, 5]
    # A request stays whole, also one that is larger than the bound.
    assert gate.batches == [[0], [1, 1, 2], [3, 3, 3], [4] * 5]


def test_a_batch_that_is_not_full_waits_for_more_and_starts_once_it_is(gated: Model, gate: Gate) -> None:
    gate.open.set()
    with DetectorPool(gated, OnnxConfig(most_in_batch=2, fill_batch=timedelta(minutes=5))) as pool:
        lonely = pool.submit([marked(1)])
        assert not lonely.done()
        pool.submit([marked(2)]).result(DEADLINE_S)
        assert lonely.done()
    assert gate.batches == [[1, 2]]


def test_a_lonely_request_is_served_when_the_time_to_fill_is_over(gated: Model, gate: Gate) -> None:
    gate.open.set()
    with DetectorPool(gated, OnnxConfig(most_in_batch=64, fill_batch=timedelta(milliseconds=1))) as pool:
        assert len(pool.submit([marked(1)]).result(DEADLINE_S)) == 1


def test_a_picture_that_breaks_the_detector_fails_alone_and_the_worker_goes_on(gated: Model, gate: Gate) -> None:
    gate.poison = 2
    with DetectorPool(gated, OnnxConfig(most_in_batch=8)) as pool:
        busy(pool, gate)
        good, bad, fine = (pool.submit([marked(mark)]) for mark in (1, 2, 3))
        gate.open.set()
        assert [len(future.result(DEADLINE_S)) for future in (good, fine)] == [1, 1]
        with pytest.raises(RuntimeError, match="poison"):
            bad.result(DEADLINE_S)
        assert len(pool.detect([marked(4)])) == 1


@pytest.mark.parametrize(
    ("image", "found"),
    [
        (np.zeros((9, 9), np.uint8), r"uint8 \[9, 9\]"),
        (np.zeros((9, 9, 4), np.uint8), r"uint8 \[9, 9, 4\]"),
        (np.zeros((9, 9, 3), np.float32), r"float32 \[9, 9, 3\]"),
        (np.zeros((0, 9, 3), np.uint8), r"uint8 \[0, 9, 3\]"),
        ("picture.jpg", "str"),
    ],
)
def test_what_is_no_picture_is_refused_at_the_door(gated: Model, image: np.ndarray, found: str) -> None:
    with DetectorPool(gated, OnnxConfig()) as pool, pytest.raises(ValueError, match=f"wanted a? ?uint8.*found {found}"):
        pool.submit([image])


def test_a_futures_callback_runs_without_the_pools_lock(gated: Model, gate: Gate) -> None:
    with DetectorPool(gated, OnnxConfig()) as pool:
        busy(pool, gate)
        asked = threading.Event()

        def ask() -> None:
            pool.submit([marked(3)])
            asked.set()

        def ask_from_elsewhere(_future: Waiting) -> None:
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join(DEADLINE_S)

        pool.submit([marked(1)], of="T-1").add_done_callback(ask_from_elsewhere)
        pool.submit([marked(2)], of="T-1")
        assert asked.is_set()
        gate.open.set()
