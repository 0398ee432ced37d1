"""Tables, migrations and the one writer of a node's database."""
