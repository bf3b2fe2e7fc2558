"""feeds.yaml as typed data: read, checked, kept."""
