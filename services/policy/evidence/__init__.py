"""What the texts of a workbook show: identifiers, and markings of secrecy. Cells and kinds, never a text."""
