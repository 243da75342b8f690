"""The test store: a code shown here, entered there, confirmed here; and everything that a stranger may try."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection
from django.utils import timezone

from pipelines.lifecycle.errors import Refused
from pipelines.lifecycle.ingest import install
from pipelines.lifecycle.sandbox import links
from pipelines.models import LifecycleEvent, ShopSettings, StagedField, StagingRun, StoreLink
from tests.histories import COLLEAGUE, OWNER, a_shop, a_version, kinds

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def real(db):
    return a_shop(name="Northbeck Outfitters")


@pytest.fixture
def test_shop(db):
    return a_shop(name="Northbeck Test")


def linked(real, test_shop, now):
    code = links.ask_code(real, by=OWNER, now=now)
    links.enter_code(test_shop, code, by=OWNER, now=now)
    return links.confirm(real, test_shop_id=test_shop.pk, by=OWNER, now=now)


def refused(sentence):
    return pytest.raises(Refused, match=sentence.split(".")[0])


class TestTheWayToALink:
    def test_it_takes_a_code_here_its_entry_there_and_a_yes_here(self, real, test_shop, now):
        code = links.ask_code(real, by=OWNER, now=now)
        entered = links.enter_code(test_shop, code, by=OWNER, now=now + MINUTE)
        assert entered.test_shop == test_shop
        assert links.confirmed_link(real) is None
        assert not links.is_test_store(test_shop)
        links.confirm(real, test_shop_id=test_shop.pk, by=OWNER, now=now + 2 * MINUTE)
        assert links.confirmed_link(real).test_shop == test_shop
        assert links.is_test_store(test_shop)
        assert links.link_as_test_store(test_shop).shop == real

    def test_every_step_stands_in_the_ledger_of_the_shops_concerned(self, real, test_shop, now):
        linked(real, test_shop, now)
        assert kinds(real) == ["test_store.code", "test_store.entered", "test_store.linked"]
        assert kinds(test_shop) == ["test_store.entered", "test_store.linked"]
        assert LifecycleEvent.broken_at(real) is LifecycleEvent.broken_at(test_shop) is None

    def test_the_ledgers_name_the_other_shop_by_number_only(self, real, test_shop, now):
        linked(real, test_shop, now)
        told = str(list(LifecycleEvent.objects.values_list("details", "because")))
        assert "Northbeck" not in told and "myshopify" not in told
        assert LifecycleEvent.objects.for_shop(real).last().details == {"other_shop": test_shop.pk}

    def test_the_code_has_128_bits_and_only_its_digest_is_kept(self, real, now):
        code = links.ask_code(real, by=OWNER, now=now)
        assert len(bytes.fromhex(code.replace("-", ""))) * 8 == 128
        stored = str(StoreLink.objects.values().get()) + str(list(LifecycleEvent.objects.values()))
        assert code not in stored and code.replace("-", "") not in stored

    def test_a_code_may_be_typed_with_blanks_capitals_and_look_alikes(self, real, test_shop, now):
        code = links.ask_code(real, by=OWNER, now=now)
        typed = f"  {code.upper().replace('-', ' ').replace('0', 'O').replace('1', 'l')} "
        assert links.enter_code(test_shop, typed, by=OWNER, now=now)

    def test_only_allowed_people_take_each_step(self, real, test_shop, now):
        with refused("Only the account owner"):
            links.ask_code(real, by=COLLEAGUE, now=now)
        code = links.ask_code(real, by=OWNER, now=now)
        with refused("Only the account owner"):
            links.enter_code(test_shop, code, by=COLLEAGUE, now=now)
        links.enter_code(test_shop, code, by=OWNER, now=now)
        with refused("Only the account owner"):
            links.confirm(real, test_shop_id=test_shop.pk, by=COLLEAGUE, now=now)
        links.confirm(real, test_shop_id=test_shop.pk, by=OWNER, now=now)
        with refused("Only the account owner"):
            links.unlink(test_shop, by=COLLEAGUE, now=now)
        assert links.confirmed_link(real)

    def test_people_named_as_approvers_are_allowed(self, real, now):
        ShopSettings.objects.filter(shop=real).update(approvers=[COLLEAGUE])
        assert links.ask_code(real, by=COLLEAGUE, now=now)

    def test_a_stranger_to_the_shop_is_not(self, real, now):
        with refused("Shopify has not told us"):
            links.ask_code(real, by="666", now=now)


class TestWrongCodes:
    @pytest.mark.parametrize("case", ["wrong", "expired", "used", "replaced", "empty", "not ascii", "too long"])
    def test_all_get_one_and_the_same_sentence(self, real, test_shop, now, case):
        code, at = links.ask_code(real, by=OWNER, now=now), now
        if case == "used":
            links.enter_code(a_shop(), code, by=OWNER, now=now)
        elif case == "replaced":
            links.ask_code(real, by=OWNER, now=now)
        elif case == "expired":
            at = now + 15 * MINUTE
        else:
            code = {"wrong": "0" * 32, "empty": "", "not ascii": "¼é٣", "too long": "f" * 5000}[case]
        with pytest.raises(Refused) as refusal:
            links.enter_code(test_shop, code, by=OWNER, now=at)
        assert refusal.value.sentence == links.NO_SUCH_CODE
        assert kinds(test_shop) == ["test_store.wrong_code"]
        assert not StoreLink.objects.filter(test_shop=test_shop).exists()

    def test_a_code_lives_to_the_last_second_of_fifteen_minutes(self, real, test_shop, now):
        code = links.ask_code(real, by=OWNER, now=now)
        assert links.enter_code(test_shop, code, by=OWNER, now=now + 15 * MINUTE - timedelta(seconds=1))

    def test_guessing_ends_after_five_tries_an_hour_even_with_the_right_code(self, real, test_shop, now):
        code = links.ask_code(real, by=OWNER, now=now)
        for _ in range(5):
            with refused(links.NO_SUCH_CODE):
                links.enter_code(test_shop, "f" * 32, by=OWNER, now=now)
        with refused(links.TOO_MANY_TRIES):
            links.enter_code(test_shop, code, by=OWNER, now=now)
        assert kinds(test_shop) == ["test_store.wrong_code"] * 5
        assert links.enter_code(a_shop(), code, by=OWNER, now=now), "another shop's tries are its own"

    def test_an_hour_later_it_may_be_tried_again(self, real, test_shop, now):
        for _ in range(5):
            with refused(links.NO_SUCH_CODE):
                links.enter_code(test_shop, "f" * 32, by=OWNER, now=now)
        code = links.ask_code(real, by=OWNER, now=now + HOUR + MINUTE)
        assert links.enter_code(test_shop, code, by=OWNER, now=now + HOUR + MINUTE)

    def test_a_code_that_was_entered_by_a_stranger_cannot_be_entered_again_and_links_nothing(self, real, now):
        stranger = a_shop(name="Somebody else")
        code = links.ask_code(real, by=OWNER, now=now)
        links.enter_code(stranger, code, by=OWNER, now=now)
        with refused(links.NO_SUCH_CODE):
            links.enter_code(a_shop(), code, by=OWNER, now=now)
        assert links.unlink(real, by=OWNER, now=now), "the merchant sees a strange name and turns it down"
        assert not StoreLink.objects.exists()


class TestConfirming:
    def test_binds_to_the_shop_whose_name_was_shown(self, real, test_shop, now):
        other = a_shop()
        code = links.ask_code(real, by=OWNER, now=now)
        links.enter_code(other, code, by=OWNER, now=now)
        with refused(links.NOTHING_TO_CONFIRM):
            links.confirm(real, test_shop_id=test_shop.pk, by=OWNER, now=now)
        assert links.confirmed_link(real) is None

    def test_is_the_real_shops_alone(self, real, test_shop, now):
        code = links.ask_code(real, by=OWNER, now=now)
        links.enter_code(test_shop, code, by=OWNER, now=now)
        for shop in (test_shop, a_shop()):
            with refused(links.NOTHING_TO_CONFIRM):
                links.confirm(shop, test_shop_id=test_shop.pk, by=OWNER, now=now)

    def test_needs_an_entered_code(self, real, test_shop, now):
        links.ask_code(real, by=OWNER, now=now)
        with refused(links.NOTHING_TO_CONFIRM):
            links.confirm(real, test_shop_id=test_shop.pk, by=OWNER, now=now)

    def test_works_for_a_day(self, real, test_shop, now):
        code = links.ask_code(real, by=OWNER, now=now)
        links.enter_code(test_shop, code, by=OWNER, now=now)
        with refused(links.NOTHING_TO_CONFIRM):
            links.confirm(real, test_shop_id=test_shop.pk, by=OWNER, now=now + timedelta(days=1))
        assert links.ask_code(real, by=OWNER, now=now + timedelta(days=1)), "and then one starts again"

    def test_twice_is_once(self, real, test_shop, now):
        linked(real, test_shop, now)
        with refused(links.NOTHING_TO_CONFIRM):
            links.confirm(real, test_shop_id=test_shop.pk, by=OWNER, now=now)
        assert kinds(real).count("test_store.linked") == 1

    def test_a_waiting_shop_is_not_replaced_by_asking_for_another_code(self, real, test_shop, now):
        code = links.ask_code(real, by=OWNER, now=now)
        links.enter_code(test_shop, code, by=OWNER, now=now)
        with refused("Another store was linked already"):
            links.ask_code(real, by=OWNER, now=now)


class TestWhoCanBeATestStore:
    def test_not_the_shop_itself(self, real, now):
        code = links.ask_code(real, by=OWNER, now=now)
        with refused(links.ITSELF):
            links.enter_code(real, code, by=OWNER, now=now)
        assert links.enter_code(a_shop(), code, by=OWNER, now=now), "the code was not used up by that"

    def test_not_the_test_store_of_two(self, real, test_shop, now):
        linked(real, test_shop, now)
        code = links.ask_code(a_shop(), by=OWNER, now=now)
        with refused(links.IS_TAKEN):
            links.enter_code(test_shop, code, by=OWNER, now=now)

    def test_not_one_that_was_confirmed_elsewhere_meanwhile(self, real, test_shop, now):
        second = a_shop()
        for shop in (real, second):
            links.enter_code(test_shop, links.ask_code(shop, by=OWNER, now=now), by=OWNER, now=now)
        links.confirm(real, test_shop_id=test_shop.pk, by=OWNER, now=now)
        with refused(links.IS_TAKEN):
            links.confirm(second, test_shop_id=test_shop.pk, by=OWNER, now=now)

    def test_a_test_store_has_none(self, real, test_shop, now):
        early = links.ask_code(test_shop, by=OWNER, now=now)
        linked(real, test_shop, now)
        with refused(links.IS_TEST_STORE):
            links.ask_code(test_shop, by=OWNER, now=now)
        with refused(links.MAKER_IS_ONE):
            links.enter_code(a_shop(), early, by=OWNER, now=now)

    def test_a_shop_with_a_test_store_is_none(self, real, test_shop, now):
        linked(real, test_shop, now)
        code = links.ask_code(a_shop(), by=OWNER, now=now)
        with refused(links.HAS_ITS_OWN):
            links.enter_code(real, code, by=OWNER, now=now)

    @pytest.mark.django_db(transaction=True)
    def test_of_two_real_shops_that_confirm_at_once_one_gets_it(self, real, test_shop, now):
        second = a_shop()
        for shop in (real, second):
            links.enter_code(test_shop, links.ask_code(shop, by=OWNER, now=now), by=OWNER, now=now)
        outcomes = at_once(
            lambda: links.confirm(real, test_shop_id=test_shop.pk, by=OWNER, now=now),
            lambda: links.confirm(second, test_shop_id=test_shop.pk, by=OWNER, now=now),
        )
        assert sorted(outcomes) == sorted(["done", links.IS_TAKEN])

    @pytest.mark.django_db(transaction=True)
    def test_two_shops_cannot_become_each_others(self, real, test_shop, now):
        for shop, other in ((real, test_shop), (test_shop, real)):
            links.enter_code(other, links.ask_code(shop, by=OWNER, now=now), by=OWNER, now=now)
        outcomes = at_once(
            lambda: links.confirm(real, test_shop_id=test_shop.pk, by=OWNER, now=now),
            lambda: links.confirm(test_shop, test_shop_id=real.pk, by=OWNER, now=now),
        )
        assert outcomes.count("done") == 1
        assert StoreLink.objects.filter(confirmed_at__isnull=False).count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_one_confirmation_sent_twice_at_once_counts_once(self, real, test_shop, now):
        links.enter_code(test_shop, links.ask_code(real, by=OWNER, now=now), by=OWNER, now=now)
        yes = lambda: links.confirm(real, test_shop_id=test_shop.pk, by=OWNER, now=now)  # noqa: E731
        assert sorted(at_once(yes, yes)) == sorted(["done", links.NOTHING_TO_CONFIRM])
        assert kinds(test_shop).count("test_store.linked") == 1

    @pytest.mark.django_db(transaction=True)
    def test_many_tries_at_once_are_counted_too(self, test_shop, now):
        guess = lambda: links.enter_code(test_shop, "f" * 32, by=OWNER, now=now)  # noqa: E731
        outcomes = at_once(*[guess] * 8)
        assert outcomes.count(links.NO_SUCH_CODE) == 5
        assert outcomes.count(links.TOO_MANY_TRIES) == 3


def at_once(*works):
    """Run functions in threads that start together; return what each came to."""
    start, outcomes = Barrier(len(works)), []

    def run(work):
        start.wait()
        try:
            work()
            outcomes.append("done")
        except Refused as refusal:
            outcomes.append(refusal.sentence)
        finally:
            connection.close()

    threads = [Thread(target=run, args=(work,)) for work in works]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return outcomes


class TestUnlinking:
    @pytest.mark.parametrize("side", ["real", "test"])
    def test_works_from_either_side_and_empties_what_was_copied(self, real, test_shop, now, side):
        linked(real, test_shop, now)
        version = a_version(real)
        run = StagingRun.objects.create(
            shop=real, use_case=version.use_case, version=version, test_shop=test_shop, state="passed",
            result={"days": [1]}, aa={"days": 14}, published={"sku": 3},
        )  # fmt: skip
        StagedField.objects.create(shop=real, run=run, owner_id="gid://shopify/ProductVariant/1", key="forecast_28")
        assert links.unlink(real if side == "real" else test_shop, by=OWNER, now=now)
        assert not StagingRun.objects.exists()
        field = StagedField.objects.get()
        assert (field.shop, field.unlinked_at) == (test_shop, now), "what is to be taken back is the test store's now"
        assert links.confirmed_link(real) is None
        assert kinds(real)[-1] == kinds(test_shop)[-1] == "test_store.unlinked"

    def test_leaves_other_shops_alone(self, real, test_shop, now):
        linked(real, test_shop, now)
        assert not links.unlink(a_shop(), by=OWNER, now=now)
        assert links.confirmed_link(real)

    def test_frees_both_for_new_links(self, real, test_shop, now):
        linked(real, test_shop, now)
        links.unlink(test_shop, by=OWNER, now=now)
        linked(test_shop, real, now)
        assert links.confirmed_link(test_shop).test_shop == real

    def test_twice_is_once(self, real, test_shop, now):
        linked(real, test_shop, now)
        assert links.unlink(real, by=OWNER, now=now)
        assert not links.unlink(real, by=OWNER, now=now)
        assert kinds(test_shop).count("test_store.unlinked") == 1

    @pytest.mark.parametrize("side", ["real", "test"])
    def test_happens_when_either_side_uninstalls(self, real, test_shop, now, side):
        linked(real, test_shop, now)
        assert install.depart(real if side == "real" else test_shop, timezone.now())
        assert not StoreLink.objects.exists()
        assert "test_store.unlinked" in kinds(real)

    def test_is_made_up_for_when_a_worker_was_killed_before_it(self, real, test_shop, now):
        linked(real, test_shop, now)
        assert links.end_links_of_gone_shops(now) == 0
        type(test_shop).objects.filter(pk=test_shop.pk).update(uninstalled_at=now)
        assert links.end_links_of_gone_shops(now) == 1
        assert links.confirmed_link(real) is None
