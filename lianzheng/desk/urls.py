"""Addresses of the front hall."""

from django.urls import path

from lianzheng.desk import authority, demo_clock, deputies, door, holidays, journal, packages, views

urlpatterns = [
    path("", views.home, name="home"),
    path("inbox/<slug:tab>/", views.box, name="inbox"),
    path("deputies/", deputies.page, name="deputies"),
    path("deputies/<uuid:pk>/revoke/", deputies.revoke, name="deputy_revoke"),
    path("authority/", authority.page, name="authority"),
    path("authority/<uuid:pk>/", authority.page, name="authority_of"),
    path("authority/<uuid:pk>/table.<slug:form>", authority.file, name="authority_file"),
    path("journal/", journal.page, name="journal"),
    path("journal/export.xlsx", journal.export, name="journal_export"),
    path("journal/verify/", journal.check, name="journal_verify"),
    path("packages/", packages.index, name="packages"),
    path("packages/<uuid:pk>/", packages.page, name="package"),
    path("packages/<uuid:pk>/cancel/", packages.cancel, name="package_cancel"),
    path("packages/<uuid:pk>/resume/", packages.resume, name="package_resume"),
    path("packages/<uuid:pk>/package.zip", packages.fetch, name="package_file"),
    path("help/", views.help_page, name="help"),
    path("large-type/", views.large_type, name="large_type"),
    path("year/", views.choose_year, name="choose_year"),
    path("sign-in/", door.sign_in, name="sign_in"),
    path("sign-out/", door.sign_out, name="sign_out"),
    path("password/", door.password, name="password"),
    path("demo/sign-in/", door.demo_sign_in, name="demo_sign_in"),
    path("holidays/", holidays.page, name="holidays"),
    path("holidays/remove/", holidays.remove, name="holiday_remove"),
    path("demo/date/", demo_clock.page, name="demo_clock"),
]
