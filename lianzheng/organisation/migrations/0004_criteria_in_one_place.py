import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("organisation", "0003_carry_criteria"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='post',
            name='post_rank_1_to_3',
        ),
        migrations.RemoveConstraint(
            model_name='unit',
            name='unit_rank_1_to_3',
        ),
        migrations.RemoveField(
            model_name='post',
            name='criteria_basis',
        ),
        migrations.RemoveField(
            model_name='post',
            name='criteria_rank',
        ),
        migrations.RemoveField(
            model_name='postevent',
            name='criteria_basis',
        ),
        migrations.RemoveField(
            model_name='postevent',
            name='criteria_rank',
        ),
        migrations.RemoveField(
            model_name='unit',
            name='criteria_basis',
        ),
        migrations.RemoveField(
            model_name='unit',
            name='criteria_rank',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='post',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "organisation_postevent" ("active", "bureau_id", "criterion_id", "criterion_note", "duties", "id", "name", "order", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "powers", "unit_id") VALUES (NEW."active", NEW."bureau_id", NEW."criterion_id", NEW."criterion_note", NEW."duties", NEW."id", NEW."name", NEW."order", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."powers", NEW."unit_id"); RETURN NULL;', hash='dbe9090e10cab92bbba238c81440eba6d880e768', operation='INSERT', pgid='pgtrigger_insert_insert_6684d', table='organisation_post', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='post',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "organisation_postevent" ("active", "bureau_id", "criterion_id", "criterion_note", "duties", "id", "name", "order", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "powers", "unit_id") VALUES (NEW."active", NEW."bureau_id", NEW."criterion_id", NEW."criterion_note", NEW."duties", NEW."id", NEW."name", NEW."order", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."powers", NEW."unit_id"); RETURN NULL;', hash='1f4b3b69fe5c5c47ec4cf99887252c6ed8d3ef06', operation='UPDATE', pgid='pgtrigger_update_update_a9d5d', table='organisation_post', when='AFTER')),
        ),
    ]
