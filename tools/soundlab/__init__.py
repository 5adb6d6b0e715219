"""Sound made and measured: scenes with a known truth, and how well a hearing does on them."""
