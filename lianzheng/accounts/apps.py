from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "lianzheng.accounts"
    label = "accounts"
    verbose_name = "账号"
