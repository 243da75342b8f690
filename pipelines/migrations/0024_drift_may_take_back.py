"""A merchant may choose from which drift on what is live goes back by itself."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0023_why_a_release_came'),
    ]

    operations = [
        migrations.AddField(
            model_name='shopsettings',
            name='drift_rollbacks',
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
