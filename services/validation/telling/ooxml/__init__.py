"""Office Open XML spreadsheets (.xlsx, .xlsm): parts patched, sheets and comments written."""
