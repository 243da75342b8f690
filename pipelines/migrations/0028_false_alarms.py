"""Somebody may say that an alert was false."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pipelines", "0027_held_back_together"),
    ]

    operations = [
        migrations.AddField(
            model_name='alert',
            name='was_false',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
