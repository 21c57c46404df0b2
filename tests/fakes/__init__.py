"""Stand-ins for the neighbours, which speak their wire formats over loopback."""
