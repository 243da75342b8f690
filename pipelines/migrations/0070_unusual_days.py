from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0069_receipts_by_number"),
    ]

    operations = [
        migrations.AddField("forecast", "odd_days", models.JSONField(db_default=[], default=list)),
    ]
