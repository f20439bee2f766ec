"""Prints every locked package with its licence."""

from rich.console import Console
from rich.table import Table

from tests.licences import licences

table = Table("package", "licence")
for name, licence in licences().items():
    table.add_row(name, licence)
Console().print(table)
