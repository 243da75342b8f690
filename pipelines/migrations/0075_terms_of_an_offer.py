from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0074_publishing_that_waits"),
    ]

    operations = [
        migrations.AddField("offer", "terms_at", models.DateTimeField(null=True)),
    ]
