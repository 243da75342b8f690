from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('pipelines', '0043_visits_by_hour'),
    ]

    operations = [
        migrations.AddField(
            model_name='publishedfields',
            name='refused_at',
            field=models.DateTimeField(null=True),
        ),
    ]
