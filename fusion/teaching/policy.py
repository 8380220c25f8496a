"""What a site may say about the second stage."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from fusion.plugins import Config, Duration


class SecondStagePolicy(Config):
    """How much the taught classifier may say, and how long its crops are kept."""

    #: at even odds: from this probability of a false alarm on, a finding is told with a belief that files no case
    reject_at: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    most: Annotated[float, Field(gt=0, le=5)] = 2.0  #: by so much it moves the log-odds of a belief at most
    again: Annotated[Duration, Field(ge=timedelta(seconds=5))] = timedelta(
        minutes=1
    )  #: a rejected thing is looked at anew
    crops_kept: Annotated[Duration, Field(ge=timedelta(days=1))] = timedelta(days=365)  #: they are personal data
