"""The connector: what an agency runs to send its workbooks, as a library and as commands."""
