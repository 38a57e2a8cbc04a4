from django.apps import AppConfig


class AttachmentsConfig(AppConfig):
    name = "lianzheng.attachments"
    verbose_name = "附件"
