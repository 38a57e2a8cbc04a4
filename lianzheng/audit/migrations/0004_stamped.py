"""A journal row of anybody but the tables' owner bears the time and the transaction it was really written in, and a
seal goes on where the one before it ended: neither can be made to belong to the past."""

from django.db import migrations

OWNER = "current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID)"
STAMP = f"""
CREATE FUNCTION public.audit_stamp() RETURNS TRIGGER AS $$
BEGIN
    IF {OWNER} THEN
        RETURN NEW;
    END IF;
    NEW.at := statement_timestamp();
    IF TG_TABLE_NAME = 'audit_entry' THEN
        IF NEW.id IS DISTINCT FROM currval(pg_get_serial_sequence('public.audit_entry', 'id')) THEN
            RAISE EXCEPTION 'the number of a journal row is not for its writer to choose';
        END IF;
        NEW.transaction := pg_current_xact_id()::text::bigint;
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;
CREATE TRIGGER audit_entry_stamped BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_stamp();
CREATE TRIGGER audit_snapshot_stamped BEFORE INSERT ON audit_snapshot FOR EACH ROW EXECUTE FUNCTION audit_stamp();
CREATE TRIGGER audit_seal_stamped BEFORE INSERT ON audit_seal FOR EACH ROW EXECUTE FUNCTION audit_stamp();
"""
FOLLOW = f"""
CREATE FUNCTION public.audit_follow() RETURNS TRIGGER AS $$
DECLARE
    last public.audit_seal;
    block bigint;
BEGIN
    IF {OWNER} THEN
        RETURN NEW;
    END IF;
    SELECT * INTO last FROM public.audit_seal
        WHERE bureau_id IS NOT DISTINCT FROM NEW.bureau_id ORDER BY number DESC LIMIT 1;
    SELECT count(*) INTO block FROM public.audit_entry
        WHERE bureau_id IS NOT DISTINCT FROM NEW.bureau_id AND transaction >= NEW.since AND transaction < NEW.until;
    IF (NEW.number, NEW.since, NEW.previous) IS DISTINCT FROM
           (COALESCE(last.number, 0) + 1, COALESCE(last.until, 0::bigint), COALESCE(last.value, ''))
       OR NEW.until <= NEW.since OR NEW.until > pg_snapshot_xmax(pg_current_snapshot())::text::bigint
       OR NEW.count IS DISTINCT FROM block
       OR NEW.value IS DISTINCT FROM encode(sha256(convert_to(
           NEW.number || '|' || COALESCE(NEW.bureau_id::text, '') || '|' || NEW.root || '|' || NEW.previous, 'UTF8')), 'hex')
    THEN
        RAISE EXCEPTION 'this seal does not follow the one before it';
    END IF;
    RETURN NEW;
END;
$$ LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp;
CREATE TRIGGER audit_seal_follows BEFORE INSERT ON audit_seal FOR EACH ROW EXECUTE FUNCTION audit_follow();
"""
UNDO = """
DROP TRIGGER audit_entry_stamped ON audit_entry;
DROP TRIGGER audit_snapshot_stamped ON audit_snapshot;
DROP TRIGGER audit_seal_stamped ON audit_seal;
DROP TRIGGER audit_seal_follows ON audit_seal;
DROP FUNCTION public.audit_stamp();
DROP FUNCTION public.audit_follow();
"""


class Migration(migrations.Migration):

    dependencies = [("audit", "0003_hats")]

    operations = [migrations.RunSQL(STAMP + FOLLOW, UNDO)]
