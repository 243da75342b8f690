from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pipelines", "0060_brought_along"),
    ]

    operations = [
        migrations.AddField("datasetsnapshot", "newest_delivery", models.BigIntegerField(null=True)),
        migrations.AddField("webhookdelivery", "applied_by", models.CharField(db_default="", max_length=40)),
        migrations.AddField("webhookdelivery", "request_id", models.CharField(db_default="", max_length=64)),
    ]
