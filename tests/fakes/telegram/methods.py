"""The table of methods this fake answers. getUpdates is the server's own, since it waits."""

from collections.abc import Callable
from typing import TypeAlias

from tests.fakes.telegram import methods_chats as chats
from tests.fakes.telegram import methods_edit as edit
from tests.fakes.telegram import methods_profile as profile
from tests.fakes.telegram import methods_send as send
from tests.fakes.telegram.params import Params
from tests.fakes.telegram.state import World

Handler: TypeAlias = Callable[[World, Params], object]

METHODS: dict[str, Handler] = {
    "getMe": profile.get_me,
    "setMyCommands": profile.set_my_commands,
    "getMyCommands": profile.get_my_commands,
    "deleteMyCommands": profile.delete_my_commands,
    "setMyName": profile.setter("name"),
    "getMyName": profile.getter("name"),
    "setMyDescription": profile.setter("description"),
    "getMyDescription": profile.getter("description"),
    "setMyShortDescription": profile.setter("short_description"),
    "getMyShortDescription": profile.getter("short_description"),
    "setChatMenuButton": profile.set_chat_menu_button,
    "getChatMenuButton": profile.get_chat_menu_button,
    "setWebhook": profile.set_webhook,
    "deleteWebhook": profile.delete_webhook,
    "getWebhookInfo": profile.get_webhook_info,
    "sendMessage": send.send_message,
    "sendRichMessage": send.send_rich_message,
    "sendPhoto": send.send_photo,
    "sendVoice": send.send_voice,
    "sendAudio": send.send_audio,
    "sendDocument": send.send_document,
    "sendVideo": send.send_video,
    "sendVideoNote": send.send_video_note,
    "sendMediaGroup": send.send_media_group,
    "copyMessage": send.copy_message,
    "sendChatAction": send.send_chat_action,
    "sendMessageDraft": send.send_message_draft,
    "editMessageText": edit.edit_message_text,
    "editMessageCaption": edit.edit_message_caption,
    "editMessageMedia": edit.edit_message_media,
    "editMessageReplyMarkup": edit.edit_message_reply_markup,
    "deleteMessage": edit.delete_message,
    "setMessageReaction": edit.set_message_reaction,
    "answerCallbackQuery": edit.answer_callback_query,
    "getChat": chats.get_chat,
    "getChatMember": chats.get_chat_member,
    "getChatAdministrators": chats.get_chat_administrators,
    "leaveChat": chats.leave_chat,
    "getFile": chats.get_file,
    "createForumTopic": chats.create_forum_topic,
    "editForumTopic": chats.edit_forum_topic,
    "closeForumTopic": chats.close_forum_topic,
    "reopenForumTopic": chats.reopen_forum_topic,
    "deleteForumTopic": chats.delete_forum_topic,
}

# Telegram does not mind the case of method names.
BY_LOWER_NAME = {name.lower(): name for name in [*METHODS, "getUpdates"]}


def is_metered(method: str) -> bool:
    """Whether flood control counts a method."""
    return method.startswith(("send", "editMessage", "copyMessage"))
