"""The three ready groups."""

import pytest
from django.contrib.auth.models import Group, Permission

from clinic_site import roles

pytestmark = pytest.mark.django_db


def codenames(group: str) -> set[str]:
    found = Group.objects.get(name=group).permissions.select_related("content_type")
    return {f"{permission.content_type.app_label}.{permission.codename}" for permission in found}


def test_every_migrated_site_has_the_groups_with_what_each_may_do() -> None:
    assert {group.name for group in Group.objects.all()} == set(roles.ROLES)
    for name, wanted in roles.ROLES.items():
        assert codenames(name) == set(wanted)


def test_running_again_changes_nothing_and_keeps_what_a_site_has_added() -> None:
    writer = Group.objects.get(name="writer")
    own = Permission.objects.get(codename="add_user")
    writer.permissions.add(own)
    before = {name: codenames(name) for name in roles.ROLES}
    roles.sync()
    assert {name: codenames(name) for name in roles.ROLES} == before
    assert "auth.add_user" in before["writer"]


def test_what_was_lost_is_made_again() -> None:
    Group.objects.get(name="writer").delete()
    roles.sync()
    assert codenames("writer") == set(roles.ROLES["writer"])


def test_a_permission_that_nobody_declares_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(roles.ROLES, "writer", ["blog.fly_article"])
    with pytest.raises(LookupError, match=r"“writer”.*blog\.fly_article"):
        roles.sync()


def test_only_editors_delete_pages_and_nobody_manages_accounts() -> None:
    for name in roles.ROLES:
        held = codenames(name)
        assert not {permission for permission in held if permission.startswith("auth.")}
        deletes = held & {"blog.delete_article", "pages.delete_conditionpage", "pages.delete_standingpage"}
        assert len(deletes) == (3 if name == "editor" else 0)


def test_only_reviewers_and_editors_decide_what_is_public_and_only_reviewers_sign_off() -> None:
    for name in roles.ROLES:
        publishes = {permission for permission in codenames(name) if ".publish_" in permission}
        assert len(publishes) == (3 if name in ("clinical reviewer", "editor") else 0)
        signs = {permission for permission in codenames(name) if ".review_" in permission}
        assert len(signs) == (3 if name == "clinical reviewer" else 0)


def test_only_the_newsletter_manager_sees_subscribers() -> None:
    for name in roles.ROLES:
        sees = any(permission.startswith("newsletter.") for permission in codenames(name))
        assert sees is (name == "newsletter manager")
