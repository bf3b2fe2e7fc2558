"""What the process for one picture and its parent have in common: words and bounds."""

import struct

WIDEST, TALLEST = 480, 960
"""Pixels of a copy: as wide as a widget shows pictures on a sharp screen, and twice as tall."""
TOLD = struct.Struct(">cHH")
"""How an answer begins: its kind, and the width and height of the copy that follows."""
COPY, REFUSED = b"c", b"r"
"""Kinds: what follows is the copy, or the reason in words."""
