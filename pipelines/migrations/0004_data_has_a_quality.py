from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0003_staging_that_survives_its_worker'),
    ]

    operations = [
        migrations.AddField(
            model_name='datasetsnapshot',
            name='quality',
            field=models.JSONField(default=list),
        ),
    ]
