"""`parlour doctor`: is everything there, and what to do where it is not.

One reading of the stack (stack.py), then checks that each look at a part of it (checks.py). A new check is a function and a line in CHECKS.
"""
