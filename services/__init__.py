"""From an agency's spreadsheet to the inputs of GRDP."""
