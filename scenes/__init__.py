"""Renders labelled street scenes, with exact truth. Never part of set-up, tests or the wheel."""

import os

# A body's few thousand vertices are no work to share: threads that wait for one another only cost time.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
