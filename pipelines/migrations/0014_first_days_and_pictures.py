import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0006_weeks_are_bet_on_by_their_level_too'),
    ]

    operations = [
        migrations.AddField(
            model_name='product',
            name='image_url',
            field=models.CharField(blank=True, db_default='', max_length=500),
        ),
        migrations.AddField(model_name='staff', name='first_seen_at', field=models.DateTimeField(null=True)),
        migrations.AlterField(
            model_name='staff',
            name='first_seen_at',
            field=models.DateTimeField(default=django.utils.timezone.now, null=True),
        ),
    ]
