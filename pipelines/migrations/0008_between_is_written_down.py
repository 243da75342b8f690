"""Who was between the arms at first sight is written down, and stands in an index of its own."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("pipelines", "0007_facts_live_and_end")]

    operations = [
        migrations.RemoveIndex(model_name="exposure", name="exposure_by_time"),
        migrations.AddIndex(
            model_name="exposure",
            index=models.Index(fields=["release", "first_at"], condition=~Q(arm="between"), name="exposure_by_time"),
        ),
        migrations.AddIndex(
            model_name="exposure",
            index=models.Index(fields=["release"], condition=Q(arm="between"), name="exposure_between"),
        ),
    ]
