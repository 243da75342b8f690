"""A merchant may choose from which drift on what is live goes back by itself."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pipelines", "0024_drift_can_be_looked_into"),
    ]

    operations = [
        migrations.AddField(
            model_name='shopsettings',
            name='drift_rollbacks',
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
