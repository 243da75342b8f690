from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0067_sales_of_some'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='webhookdelivery',
            options={'verbose_name_plural': 'webhook deliveries'},
        ),
    ]
