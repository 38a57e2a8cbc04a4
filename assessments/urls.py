"""Addresses of the round; ids are opaque, no name ever stands in a URL."""

from django.urls import path

from assessments.views import campaign, dossier, filing, grade_actions, meeting, notice, papers, rollup, row_actions

urlpatterns = [
    path("dossiers/<uuid:pk>/", dossier.page, name="dossier"),
    path("dossiers/<uuid:pk>/check/", dossier.check, name="check"),
    path("dossiers/<uuid:pk>/step/", dossier.step, name="step"),
    path("dossiers/<uuid:pk>/rows/", row_actions.change, name="rows"),
    path("dossiers/<uuid:pk>/rows/<uuid:row>/", row_actions.save, name="row"),
    path("dossiers/<uuid:pk>/rows/<uuid:row>/grades/", grade_actions.grade, name="grade"),
    path("dossiers/<uuid:pk>/level/", grade_actions.report, name="report_level"),
    path("dossiers/<uuid:pk>/library/", row_actions.library, name="library"),
    path("dossiers/<uuid:pk>/library/take/", row_actions.take, name="library_take"),
    path("dossiers/<uuid:pk>/rollup/", rollup.page, name="rollup"),
    path("dossiers/<uuid:pk>/rollup/roll/", rollup.roll, name="roll"),
    path("dossiers/<uuid:pk>/annex-<str:code>.<str:form>", papers.sheet, name="sheet"),
    path("campaigns/", campaign.index, name="campaigns"),
    path("campaigns/new/", campaign.new, name="campaign_new"),
    path("campaigns/<uuid:pk>/", campaign.page, name="campaign"),
    path("campaigns/<uuid:pk>/rating/", campaign.open_rating, name="open_rating"),
    path("campaigns/<uuid:pk>/meeting/", meeting.new, name="meeting_new"),
    path("meetings/<uuid:pk>/", meeting.page, name="meeting"),
    path("campaigns/<uuid:pk>/notices/", notice.of_campaign, name="notices"),
    path("campaigns/<uuid:pk>/notices/new/", notice.new, name="notice_new"),
    path("notices/", notice.index, name="notice_list"),
    path("notices/<uuid:pk>/", notice.page, name="notice"),
    path("notices/<uuid:pk>/end/", notice.end, name="notice_end"),
    path("filings/", filing.index, name="filings"),
    path("campaigns/<uuid:pk>/filing/", filing.of_campaign, name="filing"),
]
