"""What a program of an agency imports: `from solieu import Connector, Key`."""

from services.connector.client import Connector, NoOffice, Notice, Receipt, Undecided
from services.connector.keys import BadKey, Key
from services.connector.transport import Unreachable
from services.kernel.refused import Refused
from services.model.enumerations import Completeness, Regime, SecretLevel
from services.model.statement import Classification, Nil, NilKind

__all__ = [
    "BadKey",
    "Classification",
    "Completeness",
    "Connector",
    "Key",
    "Nil",
    "NilKind",
    "NoOffice",
    "Notice",
    "Receipt",
    "Refused",
    "Regime",
    "SecretLevel",
    "Undecided",
    "Unreachable",
]
