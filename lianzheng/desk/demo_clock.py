"""The demo's calendar: days may pass at a click, in demo mode only."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from lianzheng import clock
from lianzheng.organisation.access import SignedIn, signed_in
from lianzheng.organisation.actions import shift_demo

CHOICES = (1, 7, 30)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn) -> HttpResponse:
    """Show today, or let days pass."""
    if not settings.DEMO:
        raise Http404
    if request.method == "POST":
        days = request.POST.get("days", "")
        if days in map(str, CHOICES):
            shift_demo(int(days), by=request.user)
            messages.success(request, f"演示日期已前移 {days} 天，今天是 {clock.today()}。")
        else:
            messages.error(request, "请选择要前移的天数。")
        return redirect("demo_clock")
    return render(request, "desk/demo_clock.html", {"today": clock.today(), "choices": CHOICES})
