"""A release says what was found that its training did not wait for."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0022_what_shoppers_did'),
    ]

    operations = [
        migrations.AddField(
            model_name='release',
            name='cause',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
    ]
