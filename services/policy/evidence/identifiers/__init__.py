"""What names persons and firms in the texts of a workbook: found by `scan`, told by place and kind, never by text."""
