"""Addresses of the list of powers."""

from django.urls import path

from registers import views

urlpatterns = [
    path("powers/", views.index, name="powers"),
    path("powers/new/", views.edit, name="power_new"),
    path("powers/list.xlsx", views.export, name="powers_file"),
    path("powers/template.xlsx", views.template, name="powers_template"),
    path("powers/intake/", views.intake, name="powers_intake"),
    path("powers/intake/take/", views.take, name="powers_take"),
    path("powers/<uuid:pk>/", views.edit, name="power"),
    path("powers/<uuid:pk>/retire/", views.retire, name="power_retire"),
]
