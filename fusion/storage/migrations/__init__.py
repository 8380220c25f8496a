"""Alembic migrations, forward from the first release."""
