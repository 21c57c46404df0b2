"""The database: schema, migrations, and the two stores that the inside asks for.

SQL stays in here, and nothing in it is SQLite's or PostgreSQL's alone.
"""
