"""A blank form as a workbook: what the form's description says is printed, the rest is to be filled in."""

from services.validation.telling.template.book import Wanted, template
from services.validation.telling.template.reported import Reported

__all__ = ["Reported", "Wanted", "template"]
