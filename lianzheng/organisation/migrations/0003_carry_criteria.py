"""What stood beside each post and section as its level by the criteria becomes a line of its bureau's table."""

from django.db import migrations


def carry(apps, schema_editor):
    criterion = apps.get_model("organisation", "Criterion")
    for kind, model in (("post", "Post"), ("section", "Unit")):
        owners = apps.get_model("organisation", model)._base_manager.exclude(criteria_rank=None)
        for owner in owners.exclude(bureau=None):
            source, _, text = owner.criteria_basis.rpartition("：")
            line, _ = criterion._base_manager.get_or_create(
                bureau_id=owner.bureau_id, kind=kind, rank=owner.criteria_rank,
                text=text or "原已核定", source=source[:60],
            )
            owner.criterion = line
            owner.save(update_fields=["criterion"])


class Migration(migrations.Migration):

    dependencies = [
        ("organisation", "0002_criteria"),
    ]

    operations = [migrations.RunPython(carry, migrations.RunPython.noop)]
