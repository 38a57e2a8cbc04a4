"""The pages of the round. Views fetch, ask and render; what they may fetch is in `reach.py`."""
