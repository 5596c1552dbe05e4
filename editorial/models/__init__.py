"""The rooms' tables: what pages draw on (`library`), what is kept for good (`history`), and work in hand (`work`).

The pages themselves live in their own apps and share `publishing.Publishable`.
"""

from .history import Act, Change, Publication, Revision, SignOff
from .library import Credential, Image, Person, Reference, SafetyText, citation_problem
from .work import Recheck, Remark, ScheduledAct

__all__ = [
    "Act",
    "Change",
    "Credential",
    "Image",
    "Person",
    "Publication",
    "Recheck",
    "Reference",
    "Remark",
    "Revision",
    "SafetyText",
    "ScheduledAct",
    "SignOff",
    "citation_problem",
]
