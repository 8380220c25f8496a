"""Skeleton."""


class PictureTroubles:
    """S."""

    def __init__(self, policy) -> None: ...
    def judge(self, small, at, *, luma=None) -> None: ...
    def troubles(self): return ()
    def relearn(self) -> None: ...
