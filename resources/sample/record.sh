#!/bin/sh
# Record the sample's Kineto trace anew, in a virtual environment of its own (PyTorch never enters the program's lock).
set -eu
cd "$(dirname "$0")/../.."
[ -x .venv-torch/bin/python ] || python3 -m venv .venv-torch
.venv-torch/bin/python -c 'import torch' 2>/dev/null || .venv-torch/bin/python -m pip install -q torch==2.13.0 numpy
.venv-torch/bin/python resources/sample/record_training.py resources/sample/traces/training_cpu.pt.trace.json.gz
.venv/bin/python -m resources.sample.make_logs
