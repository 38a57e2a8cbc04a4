"""Every address of the product."""

from django.urls import include, path

from lianzheng.desk import errors

urlpatterns = [
    path("", include("lianzheng.desk.urls")),
    path("", include("registers.urls")),
    path("", include("assessments.urls")),
    path("", include("early_warning.urls")),
    path("", include("early_warning.time_urls")),
]
handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
