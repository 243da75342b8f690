"""The link to a test store is a StoreLink: a class named Test… is a test to pytest."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("pipelines", "0016_odd_orders")]

    operations = [migrations.RenameModel("TestStoreLink", "StoreLink")]
