"""A version is what it was trained as: the database itself refuses every other change."""

from django.db import migrations, models

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
    dependencies = [("pipelines", "0004_data_has_a_quality")]

    operations = [
        migrations.AddField(
            "modelversion",
            "content_digest",
            models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AddIndex(
            "modelversion",
            models.Index(
                condition=models.Q(("state", "quarantined")),
                fields=["shop", "content_digest"],
                name="version_content_quarantined",
            ),
        ),
        migrations.RunSQL(FREEZE, THAW),
    ]
