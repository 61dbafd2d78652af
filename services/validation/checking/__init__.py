"""One check of one workbook: what it needs, what it says, and what was answered before."""
