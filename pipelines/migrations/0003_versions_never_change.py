"""A version is what it was trained as: the database itself refuses every other change."""

from django.db import migrations

FREEZE = """
CREATE FUNCTION pipelines_version_never_changes() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change CONSTANT text[] := ARRAY['state', 'tags', 'note', 'gates'];
BEGIN
    IF to_jsonb(NEW) - may_change IS DISTINCT FROM to_jsonb(OLD) - may_change THEN
        RAISE EXCEPTION 'version % of % never changes, but for its state, tags and note', OLD.number, OLD.use_case
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.gates IS DISTINCT FROM OLD.gates AND OLD.gates <> '[]'::jsonb THEN
        RAISE EXCEPTION 'version % of % was judged, and is judged once', OLD.number, OLD.use_case
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state = 'quarantined' AND NEW.state <> 'quarantined' THEN
        RAISE EXCEPTION 'version % of % is in quarantine for good', OLD.number, OLD.use_case
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_never_changes BEFORE UPDATE ON pipelines_modelversion
    FOR EACH ROW EXECUTE FUNCTION pipelines_version_never_changes();
"""
THAW = """
DROP TRIGGER version_never_changes ON pipelines_modelversion;
DROP FUNCTION pipelines_version_never_changes();
"""


class Migration(migrations.Migration):
    dependencies = [("pipelines", "0002_releases_that_cannot_hurt")]

    operations = [migrations.RunSQL(FREEZE, THAW)]
