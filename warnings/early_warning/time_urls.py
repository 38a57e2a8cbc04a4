"""Addresses of overview, overdue work, reminders, limits and bulletins."""

from django.urls import path

from early_warning.views import bulletins, overview

urlpatterns = [
    path("overview/", overview.overview, name="overview"),
    path("overdue/", overview.overdue, name="overdue"),
    path("overdue/<uuid:pk>/signal/", overview.to_signal, name="duty_signal"),
    path("reminders/", overview.reminders, name="reminders"),
    path("limits/", overview.limits, name="warning_limits"),
    path("bulletins/", bulletins.index, name="bulletins"),
    path("bulletins/new/", bulletins.new, name="bulletin_new"),
    path("bulletins/<uuid:pk>/", bulletins.page, name="bulletin"),
    path("bulletins/<uuid:pk>/issue/", bulletins.issue, name="bulletin_issue"),
    path("bulletins/<uuid:pk>/bulletin.pdf", bulletins.file, name="bulletin_file"),
]
