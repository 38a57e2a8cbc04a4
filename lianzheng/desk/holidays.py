"""节假日表: the days that differ from the week, by year; what every period in working days is counted by."""

from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.views.decorators.http import require_http_methods, require_POST

from lianzheng import clock
from lianzheng.organisation.access import SignedIn, may
from lianzheng.organisation.actions import remove_holiday, set_holiday
from lianzheng.organisation.forms import HolidayForm
from lianzheng.organisation.models import Holiday
from lianzheng.organisation.roles import Right

KEEPERS = (Right.RUN_OFFICE, Right.ADMINISTER)
WEEK = "一二三四五六日"


@may(*KEEPERS)
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: SignedIn) -> HttpResponse:
    """The days of a year, and a form for one more or another one."""
    form = HolidayForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        set_holiday(data["day"], works=data["works"], name=data["name"], by=request.user)
        messages.success(request, f"已保存：{data['day']} {'上班' if data['works'] else '放假'}。")
        return redirect(f"{reverse('holidays')}?year={data['day'].year}")
    years = [day.year for day in Holiday.objects.dates("day", "year", order="DESC")]
    year = _year(request, years)
    days = [_line(item) for item in Holiday.objects.filter(day__year=year)]
    context = {"form": form, "days": days, "years": years, "chosen": year}
    return render(request, "desk/holidays.html", context, status=422 if form.errors else 200)


def _year(request: SignedIn, years: list[int]) -> int:
    """The year asked for, else this year, else the newest there is."""
    asked = request.GET.get("year", "")
    this = clock.today().year
    if asked.isdecimal() and int(asked[:5]) in years:
        return int(asked)
    return this if this in years or not years else years[0]


def _line(item: Holiday) -> dict[str, str]:
    return {
        "day": item.day.isoformat(),
        "week": f"星期{WEEK[item.day.weekday()]}",
        "word": "上班" if item.works else "放假",
        "tone": "attention" if item.works else "info",
        "name": item.name,
    }


@may(*KEEPERS)
@require_POST
def remove(request: SignedIn) -> HttpResponse:
    """The day follows the week again."""
    day = _day(request.POST.get("day", ""))
    if day is None or not remove_holiday(day, by=request.user):
        messages.error(request, "这一天不在节假日表里，可能已被他人删除。")
        return redirect("holidays")
    messages.success(request, f"已删除：{day}。")
    return redirect(f"{reverse('holidays')}?year={day.year}")


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
