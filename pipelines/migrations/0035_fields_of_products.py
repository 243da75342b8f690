import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("pipelines", "0034_answers_are_held"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='publishedfields', name='published_once'),
        migrations.RenameField(model_name='publishedfields', old_name='variant_id', new_name='owner_id'),
        # Until now one family alone said something of variants.
        migrations.AddField(
            model_name='publishedfields',
            name='use_case',
            field=models.CharField(default='demand_forecast', max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='publishedfields',
            name='output',
            field=models.CharField(default='stock_advice', max_length=40),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='publishedfields',
            name='owner',
            field=models.CharField(default='ProductVariant', max_length=20),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='publishedfields',
            name='line',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='publishedfields',
            name='carried',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='publishedfields',
            name='refused',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AlterField(
            model_name='publishedfields',
            name='operation',
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddConstraint(
            model_name='publishedfields',
            constraint=models.UniqueConstraint(
                fields=('shop', 'use_case', 'output', 'owner_id'), name='published_once'
            ),
        ),
        migrations.AddIndex(
            model_name='publishedfields',
            index=models.Index(
                condition=models.Q(('refused', ''), _negated=True),
                fields=['shop', 'use_case'],
                name='published_refused',
            ),
        ),
        migrations.CreateModel(
            name='Publication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('use_case', models.CharField(max_length=40)),
                ('leased_until', models.DateTimeField(null=True)),
                ('is_whole', models.BooleanField(default=False)),
                ('stopped_because', models.CharField(blank=True, max_length=200)),
                ('published_at', models.DateTimeField(null=True)),
                ('slots', models.JSONField(default=dict)),
                ('pointer', models.JSONField(default=dict)),
                ('shop', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='pipelines.shop')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shop', 'use_case'), name='publication_once')],
            },
        ),
    ]
