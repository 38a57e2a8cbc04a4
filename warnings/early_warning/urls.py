"""Addresses of signals and warnings."""

from django.urls import path

from early_warning.views import network, rectification, register, signal_intake, signals, warning

urlpatterns = [
    path("signals/", signals.index, name="signals"),
    path("signals/new/", signals.new, name="signal_new"),
    path("signals/intake/", signal_intake.intake, name="signals_intake"),
    path("signals/intake/template.xlsx", signal_intake.template, name="signals_template"),
    path("signals/intake/take/", signal_intake.take, name="signals_take"),
    path("signals/<uuid:pk>/", signals.page, name="signal"),
    path("signals/<uuid:pk>/judge/", signals.judge, name="signal_judge"),
    path("signals/<uuid:pk>/link/", signals.link, name="signal_link"),
    path("signals/<uuid:pk>/informant/", signals.informant, name="signal_informant"),
    path("network/", network.page, name="network"),
    path("network/<uuid:pk>/end/", network.end, name="network_end"),
    path("warnings/", register.page, name="warnings"),
    path("warnings/register.<slug:form>", register.file, name="warnings_file"),
    path("warnings/<uuid:pk>/", warning.page, name="warning"),
    path("warnings/<uuid:pk>/edit/", warning.edit, name="warning_edit"),
    path("warnings/<uuid:pk>/step/", warning.step, name="warning_step"),
    path("warnings/<uuid:pk>/answerer/", rectification.answerer, name="warning_answerer"),
    path("warnings/<uuid:pk>/causes/", rectification.causes, name="warning_causes"),
    path("warnings/<uuid:pk>/item/", rectification.item, name="warning_item"),
    path("warnings/<uuid:pk>/item/<uuid:item>/evidence/", rectification.evidence, name="warning_evidence"),
    path("warnings/<uuid:pk>/evidence/<uuid:proof>/", rectification.evidence_file, name="warning_evidence_file"),
    path("warnings/<uuid:pk>/<slug:kind>.pdf", warning.paper, name="warning_paper"),
]
