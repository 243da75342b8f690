import datetime

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pipelines", "0030_how_fast_pages_are"),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='published_at',
            field=models.DateTimeField(
                db_default=datetime.datetime(1970, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), null=True
            ),
        ),
    ]
