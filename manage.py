#!/usr/bin/env python3
"""The one entry point: `up` and `test` set up what is missing, every other command is Django's."""

import sys

if __name__ == "__main__":
    if sys.hexversion < 0x030B0000:  # an old Python must be able to read this far
        sys.exit("需要 Python 3.11 或更新的版本，当前是 " + sys.version.split()[0] + "。")
    from lianzheng.launch import main

    sys.exit(main(sys.argv[1:]))
