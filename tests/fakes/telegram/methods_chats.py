"""Methods about chats, their members and topics, and files."""

from tests.fakes.telegram.errors import bad_request
from tests.fakes.telegram.model import Chat, Topic
from tests.fakes.telegram.params import Params
from tests.fakes.telegram.render import full_chat_json, member_json
from tests.fakes.telegram.shapes import JsonObject
from tests.fakes.telegram.state import World

_ICON_COLOR = 7322096
_TOPIC_NAME_LIMIT = 128


def get_chat(world: World, params: Params) -> JsonObject:
    """getChat."""
    return full_chat_json(world.chat_of(params))


def get_chat_member(world: World, params: Params) -> JsonObject:
    """getChatMember."""
    chat = world.chat_of(params)
    user = world.users.get(params.integer("user_id") or 0)
    if user is None:
        raise bad_request("PARTICIPANT_ID_INVALID")
    status = chat.bot_status if user is world.me else chat.status_of(user)
    return member_json(user, status)


def get_chat_administrators(world: World, params: Params) -> list[JsonObject]:
    """getChatAdministrators: people only, and the bot itself where it is one."""
    chat = world.chat_of(params)
    if not chat.is_group:
        raise bad_request("there are no administrators in the private chat")
    people = [chat.members[number] for number in chat.admins]
    listed = [member_json(user, chat.status_of(user)) for user in people if not user.is_bot]
    if chat.bot_status == "administrator":
        listed.append(member_json(world.me, "administrator"))
    return listed


def leave_chat(world: World, params: Params) -> bool:
    """leaveChat."""
    chat = world.writable_chat(params)
    if not chat.is_group:
        raise bad_request("chat member status can't be changed in private chats")
    chat.bot_status = "left"
    chat.members.pop(world.me.id, None)
    world.signal.notify()
    return True


def get_file(world: World, params: Params) -> JsonObject:
    """getFile."""
    return world.files.describe(params.text("file_id") or "")


def open_topic(world: World, chat: Chat, name: str) -> Topic:
    """Make a topic with its service message, whose id is the thread id."""
    message = world.new_message(chat, world.me)
    topic = Topic(message.id, name)
    message.topic = topic
    message.service = {"forum_topic_created": {"name": name, "icon_color": _ICON_COLOR}}
    chat.topics[topic.id] = topic
    world.publish(message)
    return topic


def create_forum_topic(world: World, params: Params) -> JsonObject:
    """createForumTopic: forums where the bot is an administrator, and private chats with topics."""
    chat = _forum(world, params)
    name = (params.text("name") or "").strip()
    if not 1 <= len(name) <= _TOPIC_NAME_LIMIT:
        raise bad_request("TOPIC_TITLE_EMPTY")
    topic = open_topic(world, chat, name)
    return {"message_thread_id": topic.id, "name": name, "icon_color": _ICON_COLOR}


def edit_forum_topic(world: World, params: Params) -> bool:
    """editForumTopic."""
    topic = _topic(world, params)
    name = (params.text("name") or "").strip()
    if name == topic.name:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name = name or topic.name
    world.signal.notify()
    return True


def close_forum_topic(world: World, params: Params) -> bool:
    """closeForumTopic."""
    topic = _topic(world, params)
    if topic.closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = True
    return True


def reopen_forum_topic(world: World, params: Params) -> bool:
    """reopenForumTopic."""
    topic = _topic(world, params)
    if not topic.closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = False
    return True


def delete_forum_topic(world: World, params: Params) -> bool:
    """deleteForumTopic, with every message in it."""
    topic = _topic(world, params)
    topic.deleted = True
    for message in world.chat_of(params).messages.values():
        message.deleted = message.deleted or message.topic is topic
    world.signal.notify()
    return True


def _forum(world: World, params: Params) -> Chat:
    chat = world.writable_chat(params)
    if not chat.forum:
        raise bad_request("the chat is not a forum")
    if chat.is_group and chat.bot_status != "administrator":
        raise bad_request("not enough rights to create a topic")
    return chat


def _topic(world: World, params: Params) -> Topic:
    topic = _forum(world, params).topics.get(params.integer("message_thread_id") or 0)
    if topic is None or topic.deleted:
        raise bad_request("message thread not found")
    return topic
