from django.apps import AppConfig


class EarlyWarningConfig(AppConfig):
    name = "early_warning"
    verbose_name = "廉政预警"

    def ready(self) -> None:
        from early_warning import flow  # noqa: F401  (registers the steps of a warning)
