"""The whole product under load: `python -m bench chain`, see ../README.md."""
