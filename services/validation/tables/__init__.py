"""Rules over any table: text with separators or a workbook, with other tables beside it (`solieu validate`)."""
