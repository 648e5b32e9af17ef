"""The part of the standard library that programs may import.

The file system of the sandbox is empty, so a module exists only if it became part of the component when that was made:
imported, which is free for programs and makes every instance larger, or packed, which costs the first import in a
program some milliseconds and an instance next to nothing. Imported is what programs of this kind often use and what the
evaluator itself needs; `packed` has the rest. Some modules are there only so that a program that imports them and does
not need them runs: no thread, process or socket can be made.
"""

# ruff: noqa: E402, F401
# First, so that what compiling leaves behind is filled by what follows, and objects lie close together: an instance costs
# what it writes to, by the page.
import packed

packed.install()

import __future__
import _strptime
import abc
import array
import bisect
import builtins
import cmath
import collections
import collections.abc
import contextlib
import copy
import dataclasses
import datetime
import decimal
import encodings.ascii
import encodings.latin_1
import enum
import fractions
import functools
import gc
import hashlib
import heapq
import io
import itertools
import json
import linecache
import math
import numbers
import operator
import os
import random
import re
import statistics
import string
import struct
import sys
import textwrap
import time
import traceback
import types
import typing
import unicodedata
import warnings
import zlib

# What importing left behind is garbage now rather than in the middle of a program, and no collection there has to look
# at what is here: looking writes to every object's page, and pages are what an instance costs.
gc.collect()
gc.freeze()
