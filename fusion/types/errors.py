"""Four errors, each naming whose fault it is, so that the reader knows where to go.

Every message is one line: the thing, what was wrong with it, what is wanted. None carries a secret.
"""


class FusionError(Exception):
    """Whatever fusion raises on purpose; the command line shows it as one line, without a traceback."""


class TerminalFault(FusionError):
    """A camera or sensor did wrong: unreachable, refused, silent, or sent what cannot be decoded."""


class SiteError(FusionError):
    """The site's configuration, or a file or form that a person gave, is not what is wanted."""


class PeerFault(FusionError):
    """A broker, bus, store or other server that fusion talks to is unreachable or refuses."""


class IllegalDeed(FusionError):
    """A person or peer asked for something that the present state does not allow; the state is unchanged."""
