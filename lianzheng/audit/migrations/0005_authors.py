"""Whose request a version in the field history came with is written once: nobody can be put in another's place."""

from django.db import migrations

KEPT = """
CREATE FUNCTION public.pghistory_context_kept() RETURNS TRIGGER AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.id = OLD.id AND NEW.metadata = OLD.metadata THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'who made a version of a row is for ever';
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;
CREATE TRIGGER pghistory_context_kept BEFORE UPDATE OR DELETE ON pghistory_context
    FOR EACH ROW EXECUTE FUNCTION pghistory_context_kept();
"""
UNDO = """
DROP TRIGGER pghistory_context_kept ON pghistory_context;
DROP FUNCTION public.pghistory_context_kept();
"""


class Migration(migrations.Migration):

    dependencies = [("audit", "0004_stamped"), ("pghistory", "0007_auto_20250421_0444")]

    operations = [migrations.RunSQL(KEPT, UNDO)]
