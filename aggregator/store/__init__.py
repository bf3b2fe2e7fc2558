"""The database: tables, migrations, and the questions we ask."""
