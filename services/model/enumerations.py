"""Closed sets of words that statements, forms, the catalogue and events share; light, since every program has them."""

from enum import StrEnum


class Completeness(StrEnum):
    """Mức độ hoàn chỉnh: ước tính, sơ bộ, chính thức."""

    ESTIMATE = "estimate"
    PRELIMINARY = "preliminary"
    OFFICIAL = "official"


class Regime(StrEnum):
    """Under which regime figures come: a duty (phối hợp), or a commitment (chia sẻ)."""

    COORDINATION = "coordination"
    SHARING = "sharing"


class SecretLevel(StrEnum):
    """How secret a document is; the first is the highest."""

    TOP_SECRET = "top_secret"
    SECRET = "secret"
    CONFIDENTIAL = "confidential"


class Severity(StrEnum):
    """What a finding means for the verdict: only an error returns a submission."""

    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"


class Channel(StrEnum):
    """How an organisation gets its notices."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class CoordinationChannel(StrEnum):
    """By which form of coordination something was said (QĐ 1908/QĐ-TCTK, Điều 5); here, where nobody says another."""

    SYSTEM = "system"
    MEETING = "meeting"
    LETTER = "letter"
    EMAIL = "email"
    PLAN = "plan"
    TASK_TEAM = "task_team"


class MeasuredBy(StrEnum):
    """What measures of duties are told apart by; the month is that in which the term ends."""

    SUPPLIER = "supplier"
    ITEM = "item"
    ROOM = "room"
    MONTH = "month"
