"""Whoever inspects also handles warnings since the role 纪检组 bundles both: grants made before get the second right."""

from django.db import migrations


def give(apps, schema_editor):
    permission = apps.get_model("auth", "Permission")
    kind = apps.get_model("contenttypes", "ContentType")
    grant = apps.get_model("organisation", "UnitUserGrant")
    held = list(grant._base_manager.filter(permission__codename="inspect").select_related("content_object"))
    if not held:
        return
    unit, _ = kind._base_manager.get_or_create(app_label="organisation", model="unit")
    right, _ = permission._base_manager.get_or_create(
        content_type=unit, codename="handle_warnings", defaults={"name": "研判预警信息，办理和复核廉政预警"}
    )
    for old in held:
        grant._base_manager.get_or_create(user_id=old.user_id, content_object=old.content_object, permission=right)


class Migration(migrations.Migration):

    dependencies = [
        ("organisation", "0007_warning_rights"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
