"""A blank form as a workbook: what the form's description says is printed, the rest is to be filled in."""

from services.validation.telling.template.book import Wanted, template

__all__ = ["Wanted", "template"]
