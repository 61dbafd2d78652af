"""What is said of a workbook: its report, the workbook marked, the blank form, the terminal."""
