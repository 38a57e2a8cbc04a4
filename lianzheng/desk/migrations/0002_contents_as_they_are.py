"""Files of a package are compressed already: PostgreSQL need not try again each time one is kept or copied."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [("desk", "0001_packages")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE desk_packagefile ALTER COLUMN content SET STORAGE EXTERNAL",
            "ALTER TABLE desk_packagefile ALTER COLUMN content SET STORAGE EXTENDED",
        )
    ]
