"""Coming and going: the bot in groups, upgrades to supergroups, people who block the bot."""

import time

from tests.fakes.telegram.actors import Actors
from tests.fakes.telegram.model import Chat, MemberStatus, User
from tests.fakes.telegram.render import chat_json, member_json, user_json
from tests.fakes.telegram.shapes import JsonObject


class Membership(Actors):
    """Actions about who is where. Mixed into the fake."""

    def add_bot(self, group: Chat, by: User, *, admin: bool = False) -> JsonObject | None:
        """Someone adds the bot (or raises it to administrator). Returns the my_chat_member update."""
        old = group.bot_status
        update = self._bot_becomes(group, by, "administrator" if admin else "member")
        if old in ("left", "kicked"):
            message = self._message(group, by, None, None)
            message.service = {"new_chat_members": [user_json(self.world.me)]}
            self._show(message, by)
        return update

    def remove_bot(self, group: Chat, by: User) -> JsonObject | None:
        """Someone throws the bot out; calls are then refused with 403."""
        return self._bot_becomes(group, by, "kicked")

    def _bot_becomes(self, chat: Chat, by: User, new: MemberStatus) -> JsonObject | None:
        old, chat.bot_status = chat.bot_status, new
        self.world.signal.notify()
        payload: JsonObject = {
            "chat": chat_json(chat),
            "from": user_json(by),
            "date": int(time.time()),
            "old_chat_member": member_json(self.world.me, old),
            "new_chat_member": member_json(self.world.me, new),
        }
        return self.world.deliver("my_chat_member", payload)

    def promote(self, group: Chat, user: User) -> JsonObject | None:
        """Make a member an administrator; an administrating bot gets the chat_member update."""
        group.admins.append(user.id)
        return self._ranked(group, user, "member", "administrator")

    def demote(self, group: Chat, user: User) -> JsonObject | None:
        """Take that back."""
        group.admins.remove(user.id)
        return self._ranked(group, user, "administrator", "member")

    def _ranked(self, group: Chat, user: User, old: MemberStatus, new: MemberStatus) -> JsonObject | None:
        if group.bot_status != "administrator":
            return None
        payload: JsonObject = {
            "chat": chat_json(group),
            "from": user_json(user),
            "date": int(time.time()),
            "old_chat_member": member_json(user, old),
            "new_chat_member": member_json(user, new),
        }
        return self.world.deliver("chat_member", payload)

    def block(self, user: User) -> JsonObject | None:
        """A person blocks the bot: 403 from now on."""
        return self._set_blocked(user, True)

    def unblock(self, user: User) -> JsonObject | None:
        """A person lets the bot write again."""
        return self._set_blocked(user, False)

    def _set_blocked(self, user: User, blocked: bool) -> JsonObject | None:
        user.blocked = blocked
        chat = self.private(user)
        chat.bot_status = "member" if blocked else "kicked"
        return self._bot_becomes(chat, user, "kicked" if blocked else "member")

    def migrate(self, group: Chat, *, forum: bool = False) -> Chat:
        """Upgrade a basic group, whose id then answers 400 with migrate_to_chat_id. Returns the new chat."""
        if group.kind != "group" or group.migrated_to is not None:
            raise ValueError(f"{group!r} is no basic group")
        owner = group.members[group.admins[0]] if group.admins else next(iter(group.members.values()))
        bigger = self.group(
            group.title, supergroup=True, forum=forum, privacy=group.privacy, bot=group.bot_status
        )
        bigger.members, bigger.admins = dict(group.members), list(group.admins)
        leaving = self._message(group, owner, None, None)
        leaving.service = {"migrate_to_chat_id": bigger.id}
        self._show(leaving, owner)
        group.migrated_to = bigger
        arriving = self._message(bigger, owner, None, None)
        arriving.service = {"migrate_from_chat_id": group.id}
        self._show(arriving, owner)
        return bigger
