"""Judges clips: each clip at each rate is a piece of work, and pieces go to processes."""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from fusion.children import die_with_parent
from fusion.detectors.base import Detector
from fusion.detectors.pool import OnnxConfig
from fusion.judging.piece import Chain, Piece, judge_piece
from fusion.judging.playing import Rate
from fusion.judging.told import ClipRun
from fusion.judging.truths import Clip
from fusion.plugins import load_file


def run(
    clips: Sequence[Clip],
    rates: Sequence[Rate],
    chain: Chain,
    *,
    jobs: int = 1,
    pictures: bool = False,
    done: Callable[[ClipRun], None] = lambda _: None,
) -> list[ClipRun]:
    """All clips at all rates, in the order of the clips and then of the rates.

    A clip that cannot be judged costs only itself: its run says why.

    Raises:
        SiteError: the model or a plug-in cannot be loaded.
    """
    pieces = [Piece(clip=clip, rate=rate, pictures=pictures) for clip in clips for rate in rates]
    chain.detectors.chosen(chain.folder)  # a wrong model is said once, before any process starts
    if jobs == 1 or len(pieces) == 1:
        detector = _loaded(chain)
        runs = []
        for piece in pieces:
            runs.append(judge_piece(piece, chain, detector))
            done(runs[-1])
        return runs
    return _in_processes(pieces, chain, min(jobs, len(pieces)), done)


def _in_processes(pieces: Sequence[Piece], chain: Chain, jobs: int, done: Callable[[ClipRun], None]) -> list[ClipRun]:
    # A process that has threads must not be forked.
    with ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), initializer=_Worker.start, initargs=(chain.plugins,)
    ) as pool:
        # Whole decoding takes longest: begun first, it does not end alone.
        order = sorted(range(len(pieces)), key=lambda index: pieces[index].rate is not Rate.FULL)
        numbers = {pool.submit(_Worker.judge, pieces[index], chain): index for index in order}
        found: dict[int, ClipRun] = {}
        try:
            for future in as_completed(numbers):
                found[numbers[future]] = future.result()
                done(found[numbers[future]])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [found[index] for index in range(len(pieces))]


class _Worker:
    """What a process keeps from one piece to the next."""

    _loaded: tuple[OnnxConfig, Detector] | None = None

    @staticmethod
    def start(plugins: Sequence[Path]) -> None:
        """Before the first piece: kinds of rules must be known before they can be handed over."""
        die_with_parent()
        for plugin in plugins:
            load_file(plugin)

    @classmethod
    def judge(cls, piece: Piece, chain: Chain) -> ClipRun:
        if cls._loaded is None or cls._loaded[0] != chain.detectors:
            cls._loaded = (chain.detectors, _loaded(chain))
        return judge_piece(piece, chain, cls._loaded[1])


def _loaded(chain: Chain) -> Detector:
    return chain.detectors.started(chain.detectors.chosen(chain.folder))
