"""scratch"""

import pytest

pytestmark = pytest.mark.browser


def test_first(welcome):
    import time

    t = time.time()
    a = welcome("陶睿琪")
    print(time.time() - t)
    a.menu("年度排查")
    print(time.time() - t)
    a.link("下达排查任务")
    print(a.text())
    print(time.time() - t)
