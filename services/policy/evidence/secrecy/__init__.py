"""Markings of secrecy in the texts of a workbook: found by `scan`, told by place and level, never by text."""
