"""The operators' first page says how the fleet is, and failed jobs are tried again from there."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.utils import timezone
from rq import Queue
from rq.serializers import JSONSerializer

from pipelines.jobs import queue
from pipelines.models import Pulse
from shopmlops.operators import fleet

pytestmark = pytest.mark.django_db


def test_it_counts_what_somebody_may_have_to_look_at(admin_client, shop):
    page = admin_client.get("/admin/").content.decode()
    told = {name: figure for name, figure, _ in fleet.figures(timezone.now())}
    assert told == {
        "Shops with the app": 1, "of which cannot be reached": 0, "Dead deliveries": 1,
        "Trainings that failed in a week": 0, "Releases on their way": 1, "Open alerts of shops": 1,
    }  # fmt: skip
    assert all(name in page for name in told) and all(name in page for name in ("events", "default", "training"))


def test_it_says_what_was_not_heard_of(admin_client, shop):
    from datetime import timedelta

    fleet.state(timezone.now())  # whoever asks first begins the count
    Pulse.objects.update(at=timezone.now() - timedelta(hours=1))
    assert "Not heard of for ten minutes" in admin_client.get("/admin/").content.decode()


def test_without_redis_it_says_so(admin_client, shop, monkeypatch):
    from redis import RedisError

    def gone():
        raise RedisError

    monkeypatch.setattr(queue, "failed", gone)
    assert "Redis does not answer" in admin_client.get("/admin/").content.decode()


def test_failed_jobs_are_tried_again_by_who_may(admin_client, client, shop, settings):
    settings.JOBS_INLINE = False
    django_queue = Queue("default", connection=queue.connection(), serializer=JSONSerializer)
    django_queue.empty()
    job = django_queue.enqueue_call("tests.pipelines.jobs.sample_jobs.add_line")
    django_queue.failed_job_registry.add(job, ttl=60)
    django_queue.remove(job)
    assert queue.failed()["default"] == 1
    assert admin_client.get("/admin/queues/default/requeue").status_code == 405
    assert admin_client.post("/admin/queues/nothing/requeue").status_code == 404
    looker = User.objects.create_user("eve", password="long enough to be one", is_staff=True)
    client.force_login(looker)
    assert client.post("/admin/queues/default/requeue").status_code == 403
    looker.user_permissions.set(Permission.objects.filter(codename="change_webhookdelivery"))
    told = client.post("/admin/queues/default/requeue", follow=True).content.decode()
    assert "1 jobs of default will be tried again" in told
    assert queue.failed()["default"] == 0 and job.id in django_queue.job_ids
    django_queue.empty()
