"""What a site may say about when two signals speak of one thing."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from fusion.incidents.reliability import ReliabilityPolicy
from fusion.plugins import Config, Duration


class FusionPolicy(Config):
    """When two signals speak of one thing, and when an incident is believed."""

    lasting: Duration = timedelta(minutes=2)  #: a thing unseen for at most this is still the same one
    near_m: Annotated[float, Field(ge=0, le=1000)] = 8.0  #: two things nearer than this are one, uncertainty apart
    #: Vague places are not believed to be one because of more uncertainty than this: a thing wrongly told
    #: as two is seen and put together by people, two things wrongly told as one are noticed by nobody.
    most_slack_m: Annotated[float, Field(ge=0, le=1000)] = 25.0
    believed: Annotated[float, Field(gt=0, lt=1)] = 0.6  #: belief at which an incident becomes a case
    settle: Duration = timedelta(seconds=20)  #: gone for so long by all accounts: it has ended
    silent: Duration = timedelta(minutes=10)  #: nobody spoke of it for so long: it is no longer followed
    #: A thing that comes back within this while nobody has dealt with its case belongs to that case.
    again_within: Duration = timedelta(hours=12)
    reliability: ReliabilityPolicy = ReliabilityPolicy()
    #: What was told is kept so long, to be judged again by other rules.
    replayable: Annotated[Duration, Field(ge=timedelta(days=1))] = timedelta(days=90)
