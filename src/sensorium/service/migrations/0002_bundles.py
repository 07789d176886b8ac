
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('service', '0001_tables'),
    ]

    operations = [
        migrations.CreateModel(
            name='Bundle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.CharField(max_length=64)),
                ('item_sequence', models.BigIntegerField()),
                ('encoded_sequence', models.BigIntegerField()),
                ('n_items', models.BigIntegerField()),
                ('n_users', models.BigIntegerField()),
                ('seconds', models.FloatField()),
                ('created', models.DateTimeField()),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='service.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'version'), name='one_bundle_for_each_version')],
            },
        ),
    ]
