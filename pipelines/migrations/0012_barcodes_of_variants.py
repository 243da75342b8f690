from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0011_facts_live_and_end'),
    ]

    operations = [
        migrations.AddField(
            model_name='variant',
            name='barcode',
            field=models.CharField(blank=True, db_default='', max_length=64),
        ),
    ]
