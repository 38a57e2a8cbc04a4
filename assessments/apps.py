from django.apps import AppConfig


class AssessmentsConfig(AppConfig):
    name = "assessments"
    verbose_name = "等级确定"

    def ready(self) -> None:
        from assessments import flow  # noqa: F401  (registers the dossier's steps)
