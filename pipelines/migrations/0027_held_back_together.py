"""What quiet hours hold back comes as one message."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pipelines", "0026_marks_on_charts"),
    ]

    operations = [
        migrations.AddField(
            model_name='alertdelivery',
            name='is_held',
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
