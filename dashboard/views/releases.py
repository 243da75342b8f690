"""A release: the decision, and the way back."""

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.asking import MerchantRequest
from dashboard.embedding import merchant_required
from dashboard.forms.pages import ApproveForm, RejectForm, RevisionForm, RollBackForm
from dashboard.guards import decider_required
from dashboard.pages import go, show
from dashboard.queries import words
from dashboard.queries.releases import release_page
from dashboard.queries.running import running
from pipelines.jobs import releases as jobs
from pipelines.lifecycle.errors import Refused, StageError
from pipelines.lifecycle.releases import approval, freezes, move, propose, rollback, standing
from pipelines.models import Deployment, Release
from pipelines.usecases import USE_CASES

BROKEN_FORM = "The form was incomplete. Nothing was done; look at the card again."


def find(request: MerchantRequest, pk: int) -> Release:
    """Return one of the shop's own releases, or 404."""
    return get_object_or_404(Release.objects.for_shop(request.shop).select_related("version", "shop"), pk=pk)


@merchant_required
@require_GET
def release(request: MerchantRequest, pk: int) -> HttpResponse:
    """Show what is being moved, and why."""
    page = release_page(request.shop, find(request, pk), request.staff)
    return show(request, "dashboard/release.html", {"page": page, "running": running(request.shop, timezone.now())})


@merchant_required
@require_GET
def figure(request: MerchantRequest, pk: int) -> JsonResponse:
    """Give what plotly draws of a release's evidence, when it is asked for."""
    drawn = (find(request, pk).evidence.get("page") or {}).get("figure")
    if not drawn:
        raise Http404("no figure")
    return JsonResponse(drawn["plotly"])


@merchant_required
@require_POST
def approve(request: MerchantRequest, pk: int) -> HttpResponse:
    """Give the merchant's yes to exactly the version and evidence that the card showed."""
    if not Release.objects.for_shop(request.shop).filter(pk=pk).exists():
        approval.refuse_unknown(request.shop, sub=request.staff.sub, asked_for=pk)
        return show(request, "dashboard/lost.html", {"why": approval.NOT_YOURS}, status=404)
    row, here = find(request, pk), reverse("release", args=[pk])
    form = ApproveForm(request.POST)
    if not form.is_valid():
        return go(here, BROKEN_FORM, refused=True)
    try:
        moved = approval.approve(row, sub=request.staff.sub, **form.cleaned_data)
    except StageError as refusal:
        return go(here, refusal.sentence, refused=True)
    if moved.phase in (Release.Phase.LIVE, Release.Phase.CANARY):
        jobs.serve(request.shop.pk, row.use_case)
    return go(here, what_a_yes_did(moved))


def what_a_yes_did(moved: Release) -> str:
    """Say what followed from a yes."""
    if moved.phase == Release.Phase.LIVE:
        return f"Version {moved.version.number} is live"
    if moved.phase == Release.Phase.SCHEDULED:
        return standing.standing_of(moved, timezone.now()).sentence
    if moved.phase == Release.Phase.CANARY:
        return f"Version {moved.version.number} is shown to {words.step_name(moved.steps[moved.step])} of shoppers"
    return "Approved by one of two. A second person must say yes, too"


@merchant_required
@require_POST
@decider_required("release", "pk")
def reject(request: MerchantRequest, pk: int) -> HttpResponse:
    """Say no to a release; what is live goes on."""
    row, here = find(request, pk), reverse("release", args=[pk])
    form = RejectForm(request.POST)
    if not form.is_valid():
        return go(here, "Say in a few words why. Nothing was done.", refused=True)
    try:
        approval.reject(row, by=request.staff.sub, **form.cleaned_data)
    except StageError as refusal:
        return go(here, refusal.sentence, refused=True)
    return go(here, f"Version {row.version.number} was rejected")


@merchant_required
@require_POST
@decider_required("release", "pk")
def pause(request: MerchantRequest, pk: int) -> HttpResponse:
    """Stop a release where it stands."""
    return stop_or_go_on(request, pk, pauses=True)


@merchant_required
@require_POST
@decider_required("release", "pk")
def go_on(request: MerchantRequest, pk: int) -> HttpResponse:
    """Let a paused release go on, and have it looked at at once."""
    return stop_or_go_on(request, pk, pauses=False)


def stop_or_go_on(request: MerchantRequest, pk: int, *, pauses: bool) -> HttpResponse:
    """Pause a release or let it go on, as it was shown."""
    row, here = find(request, pk), reverse("release", args=[pk])
    try:
        move.pause(row, by=request.staff.sub, revision=RevisionForm.read(request.POST), pauses=pauses)
    except StageError as refusal:
        return go(here, refusal.sentence, refused=True)
    if not pauses:
        jobs.evaluate.enqueue(row.shop_id, row.pk)
    return go(here, "Paused" if pauses else "Goes on")


@merchant_required
@require_POST
@decider_required("release", "pk")
def lift(request: MerchantRequest, pk: int) -> HttpResponse:
    """Let a release move in a freeze that the calendar proposed, and have it looked at at once."""
    row, here = find(request, pk), reverse("release", args=[pk])
    try:
        revision = RevisionForm.read(request.POST)
        freeze = freezes.lift(row, by=request.staff.sub, revision=revision, now=timezone.now())
    except StageError as refusal:
        return go(here, refusal.sentence, refused=True)
    jobs.evaluate.enqueue(row.shop_id, row.pk)
    return go(here, f"{freeze.name} does not hold version {row.version.number} any more")


@merchant_required
@require_POST
@decider_required("release", "pk")
def abort(request: MerchantRequest, pk: int) -> HttpResponse:
    """Take a version away from the shoppers who see it."""
    row, here = find(request, pk), reverse("release", args=[pk])
    try:
        if row.revision != RevisionForm.read(request.POST) or not row.is_open:
            raise Refused(move.CHANGED)
        rollback.abort(row, by=request.staff.sub, because="The merchant rolled back")
    except StageError as refusal:
        return go(here, refusal.sentence, refused=True)
    jobs.serve(request.shop.pk, row.use_case)
    return go(here, f"Version {row.version.number} was taken away")


@merchant_required
@require_POST
@decider_required("release", "pk")
def use_again(request: MerchantRequest, pk: int) -> HttpResponse:
    """Open a new card of a version that was taken back by hand."""
    row, here = find(request, pk), reverse("release", args=[pk])
    try:
        opened = propose.propose(row.version, again=True, by=request.staff.sub)
    except StageError as refusal:
        return go(here, refusal.sentence, refused=True)
    if opened is None or not opened.is_open:
        return go(here, "This version is in use, or another one is under way. Decide on that one first.", refused=True)
    jobs.follow(opened.pk, None)
    return go(reverse("release", args=[opened.pk]), f"Version {row.version.number} is ready for your decision")


@merchant_required
@require_POST
@decider_required("versions")
def roll_back(request: MerchantRequest, use_case: str) -> HttpResponse:
    """Go back to what ran before the live version."""
    pointer = get_object_or_404(Deployment.objects.for_shop(request.shop).select_related("active"), use_case=use_case)
    form = RollBackForm(request.POST)
    if not form.is_valid():
        return go(reverse("versions"), BROKEN_FORM, refused=True)
    try:
        rollback.require_word(pointer, form.cleaned_data["word"])
        target = rollback.roll_back(
            pointer, by=request.staff.sub, because="The merchant rolled back", revision=form.cleaned_data["revision"]
        )
    except StageError as refusal:
        return go(reverse("versions"), refusal.sentence, refused=True)
    jobs.serve(request.shop.pk, use_case)
    back_on = f"version {target.number}" if target else USE_CASES[use_case].words.simple_rule
    return go(reverse("versions"), f"Back on {back_on}")
