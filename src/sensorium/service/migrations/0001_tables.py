
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Tenant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=64, unique=True)),
                ('created', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='EngineState',
            fields=[
                ('tenant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='service.tenant')),
                ('bundle', models.TextField(default='')),
                ('item_sequence', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='ApiKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prefix', models.CharField(max_length=16, unique=True)),
                ('sha256', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=100)),
                ('scopes', models.JSONField(default=list)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('expires', models.DateTimeField(null=True)),
                ('revoked', models.DateTimeField(null=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='service.tenant')),
            ],
        ),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('name', models.CharField(max_length=100, unique=True)),
                ('role', models.CharField(max_length=16)),
                ('is_active', models.BooleanField(default=True)),
                ('created', models.DateTimeField(auto_now_add=True)),
                ('tenant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='service.tenant')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event_id', models.TextField()),
                ('type', models.TextField()),
                ('user_id', models.TextField()),
                ('item_id', models.TextField()),
                ('value', models.FloatField(null=True)),
                ('count', models.FloatField(null=True)),
                ('portion', models.FloatField(null=True)),
                ('session_id', models.TextField(null=True)),
                ('request_id', models.TextField(null=True)),
                ('time_s', models.FloatField(null=True)),
                ('received', models.DateTimeField()),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='service.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'user_id', 'id'], name='events_by_user')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'event_id'), name='one_event_for_each_id')],
            },
        ),
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=16)),
                ('fingerprint', models.CharField(max_length=64)),
                ('rows', models.BigIntegerField()),
                ('finished', models.DateTimeField()),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='service.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'table'), name='one_import_for_each_table')],
            },
        ),
        migrations.CreateModel(
            name='Item',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item_id', models.TextField()),
                ('attributes', models.JSONField(default=dict)),
                ('hidden', models.BooleanField(default=False)),
                ('deleted', models.BooleanField(default=False)),
                ('search_text', models.TextField(default='')),
                ('labels', models.TextField(default='')),
                ('sequence', models.BigIntegerField()),
                ('created', models.DateTimeField()),
                ('updated', models.DateTimeField()),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='service.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'sequence'], name='items_by_sequence')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'item_id'), name='one_item_for_each_id')],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=32)),
                ('arguments', models.JSONField(default=dict)),
                ('dedupe_key', models.CharField(max_length=100)),
                ('state', models.CharField(max_length=16)),
                ('attempts', models.IntegerField(default=0)),
                ('not_before', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('heartbeat', models.DateTimeField(null=True)),
                ('fence', models.BigIntegerField(default=0)),
                ('error', models.TextField(default='')),
                ('created', models.DateTimeField()),
                ('ended', models.DateTimeField(null=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='service.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'not_before'], name='jobs_by_state')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state__in', ['waiting', 'running'])), fields=('tenant', 'dedupe_key'), name='one_live_job_for_each_key')],
            },
        ),
        migrations.CreateModel(
            name='Media',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item_id', models.TextField()),
                ('column', models.TextField()),
                ('sha256', models.CharField(max_length=64)),
                ('bytes', models.BigIntegerField()),
                ('type', models.CharField(max_length=100)),
                ('status', models.CharField(max_length=16)),
                ('why', models.TextField(default='')),
                ('checked', models.BooleanField(default=False)),
                ('encoder', models.TextField(default='')),
                ('updated', models.DateTimeField()),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='service.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['status'], name='media_by_status')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'item_id', 'column'), name='one_medium_for_each_cell')],
            },
        ),
        migrations.CreateModel(
            name='Profile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user_id', models.TextField()),
                ('attributes', models.JSONField(default=dict)),
                ('follows', models.JSONField(default=list)),
                ('created', models.DateTimeField()),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='service.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'user_id'), name='one_user_for_each_id')],
            },
        ),
        migrations.CreateModel(
            name='Remembered',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=128)),
                ('route', models.CharField(max_length=64)),
                ('request_sha256', models.CharField(max_length=64)),
                ('answer', models.JSONField(null=True)),
                ('expires', models.DateTimeField(db_index=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='service.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'route', 'key'), name='one_answer_for_each_key')],
            },
        ),
        migrations.CreateModel(
            name='UserItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user_id', models.TextField()),
                ('item_id', models.TextField()),
                ('type', models.TextField()),
                ('events', models.BigIntegerField()),
                ('often', models.FloatField()),
                ('value', models.FloatField(null=True)),
                ('portion', models.FloatField(null=True)),
                ('time_s', models.FloatField(null=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='service.tenant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant', 'user_id', 'item_id', 'type'), name='one_row_for_each_user_item_type')],
            },
        ),
        migrations.CreateModel(
            name='Feed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=16)),
                ('user_id', models.TextField(default='')),
                ('pages', models.JSONField(default=list)),
                ('expires', models.DateTimeField(db_index=True)),
                ('tenant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='service.tenant')),
            ],
            options={
                'indexes': [models.Index(fields=['tenant', 'user_id'], name='feeds_by_user')],
                'constraints': [models.UniqueConstraint(fields=('tenant', 'name'), name='one_feed_for_each_name')],
            },
        ),
    ]
