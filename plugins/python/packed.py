"""Modules of the standard library that are compiled when the component is made, and imported when a program does."""

import importlib.machinery
import importlib.util
import marshal
import os
import sys
import zlib

# Modules, and packages with all that is in them. What they import themselves has to be named as well.
#
# Compiling leaves names behind that are never freed, all over the memory in which everything else then has to find its
# place, so every module here makes programs a little slower that do not import it: 350 of them by a half.
NAMES = """
    _colorize _compat_pickle _markupbase _opcode_metadata _py_warnings _pyrepl annotationlib argparse ast asyncio
    base64 bdb calendar cmd code codeop colorsys compression concurrent configparser contextvars csv difflib dis
    doctest filecmp fnmatch getopt getpass gettext glob graphlib gzip hmac html inspect ipaddress locale logging
    multiprocessing opcode optparse pathlib pdb pickle pkgutil platform pprint queue reprlib rlcompleter sched secrets
    selectors shlex shutil signal socket socketserver stat subprocess sysconfig tempfile threading timeit token
    tokenize tomllib unittest uuid zoneinfo
""".split()

# Single modules of packages that are imported already, or are large.
MORE = """
    encodings.cp1252 encodings.hex_codec encodings.idna encodings.punycode encodings.rot_13 encodings.unicode_escape
    encodings.utf_16 encodings.utf_16_be encodings.utf_16_le encodings.utf_32 encodings.utf_8_sig string.templatelib
    stringprep urllib.__init__ urllib.parse xml.__init__ xml.etree.__init__ xml.etree.ElementTree
    xml.etree.ElementPath xml.etree.cElementTree
""".split()

# What is no part of what a package offers.
_LEFT_OUT = ("test", "tests", "__pycache__", "__main__.py")

_packed = {}


def install():
    """Packs what is there and not imported yet, and makes it importable."""
    library = next(folder for folder in sys.path if os.path.isfile(os.path.join(folder, "os.py")))
    for name in NAMES:
        path = os.path.join(library, name)
        if os.path.isdir(path):
            _pack_folder(name, path)
        elif os.path.isfile(path + ".py"):
            _pack(name, path + ".py", False)
    for name in MORE:
        _pack(name.removesuffix(".__init__"), os.path.join(library, *name.split(".")) + ".py", name.endswith("__init__"))
    sys.meta_path.append(_Finder)


def _pack_folder(name, folder):
    for entry in sorted(os.listdir(folder)):
        path = os.path.join(folder, entry)
        if entry in _LEFT_OUT:
            continue
        if os.path.isdir(path):
            _pack_folder(f"{name}.{entry}", path)
        elif entry == "__init__.py":
            _pack(name, path, True)
        elif entry.endswith(".py"):
            _pack(f"{name}.{entry[:-3]}", path, False)


def _pack(name, path, package):
    if name in sys.modules:
        return
    with open(path, "rb") as file:
        source = file.read()
    # Docstrings are a third of it, and nobody is here to read them.
    code = compile(source, f"<{name}>", "exec", dont_inherit=True, optimize=2)
    _packed[name] = package, zlib.compress(marshal.dumps(code), 9)


class _Finder:
    """Finds packed modules, and loads them."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in _packed:
            return None
        return importlib.util.spec_from_loader(name, _Finder, is_package=_packed[name][0])

    @staticmethod
    def create_module(spec):
        return None

    @staticmethod
    def exec_module(module):
        exec(marshal.loads(zlib.decompress(_packed[module.__spec__.name][1])), module.__dict__)
