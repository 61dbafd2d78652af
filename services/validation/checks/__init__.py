"""Checks of a workbook besides those of its form's rules: each module recognises one kind of trouble."""
