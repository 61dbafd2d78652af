"""The study of planted errors: correct workbooks of the starter forms, one error in each, and what was found of it."""
