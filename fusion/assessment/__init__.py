"""Figures over cases 综合评价: pure computation from rows, and the month's report as a sheet and as a document."""
