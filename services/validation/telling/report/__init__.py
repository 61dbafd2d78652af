"""What a check found: as data (`Report`), as an ESS validation report, and as a page for people."""

from services.validation.telling.report.content import MEDIA_TYPE, Report, answer_data

__all__ = ["MEDIA_TYPE", "Report", "answer_data"]
