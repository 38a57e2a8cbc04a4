from django.apps import AppConfig
from django.core.checks import Tags, register


class DeskConfig(AppConfig):
    name = "lianzheng.desk"
    label = "desk"
    verbose_name = "工作台"

    def ready(self) -> None:
        from lianzheng.desk.database_checks import durable, restrained
        from lianzheng.desk.signature_checks import usable_key

        for check in (durable, restrained):
            register(check, Tags.database)
        register(usable_key, Tags.files)
