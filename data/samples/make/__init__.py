"""The parts of the script that draws the sample city; see ``data/samples/README.md``."""
