"""A report that the statistics office or one of its rooms owes: it goes out as a document, and has no form here."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Self

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from services.model.deadline import Deadline
from services.model.messages import texts
from services.model.period import Frequency
from services.model.text import STRICT, ModelError, Text, plain, read


class ReportKind(StrEnum):
    """What it is: the eight kinds that an office shares (Lạng Sơn's regulation, Điều 7 khoản 2 điểm a–h), and what its
    rooms owe (QĐ 1908/QĐ-TCTK).
    """

    INDICATORS = "indicators"
    """Thông tin quy định trong hệ thống chỉ tiêu · what the indicator systems ask for (a)."""
    SOCIO_ECONOMIC = "socio_economic_report"
    """Báo cáo ước tính tình hình kinh tế - xã hội tháng, quý, năm · estimates of the month, quarter, year (b)."""
    OFFICIAL_ANNUAL = "official_annual_report"
    """Báo cáo thống kê chính thức hằng năm · the official report of the year (c)."""
    YEARBOOK = "yearbook"
    """Niên giám thống kê (d)."""
    PLAN_EVALUATION = "plan_evaluation"
    """Đánh giá thực hiện kế hoạch, chiến lược, chương trình mục tiêu · how plans and programmes were met (đ)."""
    COMMITTEE_SURVEY = "committee_survey"
    """Điều tra được Ủy ban nhân dân tỉnh giao · surveys that the People's Committee had made (e)."""
    THEMATIC = "thematic_report"
    """Chuyên đề, đột xuất; kết quả điều tra, tổng điều tra · thematic, ad hoc; survey and census results (g)."""
    PUBLISHED_ELSEWHERE = "published_elsewhere"
    """Thông tin nhà nước khác đã được công bố · what other authorities have published (h)."""
    FIELD_REPORT = "field_report"
    """Báo cáo tháng, quý, năm thuộc lĩnh vực phụ trách · a room's report of its field (Điều 10 khoản 2)."""
    WORK_PLAN_REPORT = "work_plan_report"
    """Báo cáo theo kế hoạch công tác, phục vụ địa phương · by the work plan, for the locality (Điều 9 khoản 2)."""


@dataclass(frozen=True, config=STRICT)
class Report:
    """What `responsible`, an office or a room, owes to `recipients`; none: to all whom the article names.

    Without deadlines it makes no duty: the articles name none. Without `frequency` it has no periods.
    """

    id: str
    name: Text
    kind: ReportKind
    responsible: str
    legal_basis: Text
    recipients: tuple[str, ...] = ()
    frequency: Frequency | None = None
    deadlines: tuple[Deadline, ...] = ()

    @model_validator(mode="after")
    def _has_periods_where_it_has_deadlines(self) -> Self:
        if self.deadlines and self.frequency in (None, Frequency.DAY, Frequency.RANGE):
            raise ModelError(texts("entry.no_frequency"))
        return self

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        if len(set(self.recipients)) < len(self.recipients):
            raise ModelError(texts("entry.twice", name="recipients"))
        return self

    @property
    def organisations(self) -> frozenset[str]:
        """All that it names."""
        return frozenset((self.responsible, *self.recipients))

    @classmethod
    def from_dict(cls, data: Any) -> Report:
        """From plain data; raises ModelError naming each wrong place."""
        return read(cls, data, f"report {data.get('id', '?')}")

    def to_dict(self) -> dict[str, Any]:
        """Plain data, as `from_dict` takes it."""
        return plain(self)
