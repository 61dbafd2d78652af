"""Rules over any table: CSV, TSV or .xlsx, with other tables beside it (`solieu validate`)."""
