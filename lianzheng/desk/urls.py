"""Addresses of the front hall."""

from django.urls import path

from lianzheng.desk import account, authority, demo_clock, deputies, door, holidays, journal, oidc, views

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
    path("help/", views.help_page, name="help"),
    path("large-type/", views.large_type, name="large_type"),
    path("year/", views.choose_year, name="choose_year"),
    path("sign-in/", door.sign_in, name="sign_in"),
    path("sign-out/", door.sign_out, name="sign_out"),
    path("sign-in/code/", door.code, name="sign_in_code"),
    path("sign-in/oidc/", oidc.start, name="oidc_start"),
    path("sign-in/oidc/back/", oidc.callback, name="oidc_callback"),
    path("account/", account.page, name="account"),
    path("account/end-session/", account.end_session, name="end_session"),
    path("account/second-factor/", account.second_factor, name="factor"),
    path("password/", account.password, name="password"),
    path("demo/sign-in/", door.demo_sign_in, name="demo_sign_in"),
    path("holidays/", holidays.page, name="holidays"),
    path("holidays/remove/", holidays.remove, name="holiday_remove"),
    path("demo/date/", demo_clock.page, name="demo_clock"),
]
