"""Whether what a model sees, and what it says, is still what it learned from (METHODS 4a, 4d): frames in, findings out.

`table.compare` judges all features of a window; `persistence` says what lasts; `page_hinkley` watches one figure;
`accuracy` tells how good live answers were.
"""
