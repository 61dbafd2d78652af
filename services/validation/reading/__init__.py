"""From the cells of a workbook to the figures that its form asks for."""
