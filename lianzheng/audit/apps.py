from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "lianzheng.audit"
    label = "audit"
    verbose_name = "日志"
