"""Where the figures of a form stand in a workbook: its table, columns and rows, found by meaning."""
