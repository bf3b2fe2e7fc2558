"""One verb each; they join workshops into trips."""
