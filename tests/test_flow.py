"""x"""
import time
from tests.cast import *

def test_time(db):
    a=time.time(); c=assemble(); b=time.time(); r=Round(c); d=time.time()
    print(b-a,d-b); a=time.time(); r.bring(r.own,"notice"); print(time.time()-a)
    a=time.time(); d=r.rating("施工许可岗"); r.bring(d,"notice"); print(time.time()-a)

def test_all(year, moving_clock):
    a=time.time()
    for t in ("施工许可岗","建筑业股","县住建局"):
        f=year.bring(year.dossier(t),"archived" if t!="县住建局" else "in_force")
        d=year.rating(t); year.bring(d,"in_force"); print(d, d.state, time.time()-a)
