"""The one door: RawPost in, Post out."""
