"""Speed and accuracy, measured on this machine: `make bench`, `make accuracy`. Ratios in one run; no test asserts a time."""
