from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0008_between_is_written_down'),
    ]

    operations = [
        migrations.AddField(
            model_name='variant',
            name='barcode',
            field=models.CharField(blank=True, db_default='', max_length=64),
        ),
    ]
