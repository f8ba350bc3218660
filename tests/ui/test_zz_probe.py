import pytest
from tests.ui.conftest import *
@pytest.mark.parametrize("n", range(3))
def test_reload(visit, n):
    desk = visit.open(); desk.reload(); desk.page.wait_for_timeout(500)
    print("RELOAD", visit.watch.events); visit.watch.events.clear()
@pytest.mark.parametrize("n", range(3))
def test_calm_reload(visit, n):
    desk = visit.open(); desk.page.wait_for_timeout(1500); desk.reload(); desk.page.wait_for_timeout(500)
    print("CALM", visit.watch.events); visit.watch.events.clear()
@pytest.mark.parametrize("n", range(3))
def test_batchtab(visit, n):
    desk = visit.open(); 
    for t in ("Batch","Queue","Import","Compose","Evals","Queue"): desk.tab(t)
    desk.choose("language","All"); desk.choose("kind","Poll"); desk.page.wait_for_timeout(1500)
    print("TABS", visit.watch.events); visit.watch.events.clear()
