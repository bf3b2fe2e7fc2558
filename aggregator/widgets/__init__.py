"""Select, render, output: stored posts become files for the website."""
