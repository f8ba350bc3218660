"""Everything that can go wrong on the desk, as one tree. Each message says what happened, where, and the way out.

HearthsideError
├── BadProfile     community.yaml is not valid
├── BadPlan        a batch plan is not valid
├── NotFound       there is no such community, draft, post or batch
├── Refused        there is nothing to ground a draft on; says what to add
├── NotAllowed     a decision that the rules of review do not permit
├── Conflict       somebody else changed the draft in the meantime
├── ModelFailed    the chat model did not answer, or not usably
│   └── NoAnswer   it did not answer at all: the endpoint is gone, refuses or takes too long
└── Misconfigured  settings that contradict each other or lack a part
"""


class HearthsideError(Exception):
    """Base of the errors of this package, each meant for a person to read."""


class BadProfile(HearthsideError):
    """community.yaml is not valid."""


class BadPlan(HearthsideError):
    """A batch plan is not valid."""


class NotFound(HearthsideError):
    """There is no such community, draft, post or batch."""


class Refused(HearthsideError):
    """There is nothing to ground a draft on. The message says what to add."""


class NotAllowed(HearthsideError):
    """A decision that the rules of review do not permit."""


class Conflict(HearthsideError):
    """Somebody else changed the draft in the meantime."""


class ModelFailed(HearthsideError):
    """The chat model did not answer, or not usably."""


class NoAnswer(ModelFailed):
    """The chat model did not answer at all: the endpoint is gone, refuses or takes too long."""


class Misconfigured(HearthsideError):
    """Settings that contradict each other or lack a part."""
