"""Validation: reads a workbook as its form describes it, checks it, says what is wrong where."""
