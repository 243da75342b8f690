from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0061_requests_of_deliveries"),
    ]

    operations = [
        migrations.AddField("shop", "switched_off", models.JSONField(db_default=[], default=list)),
    ]
