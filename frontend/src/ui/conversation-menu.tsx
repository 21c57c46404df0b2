/** What can be done with the conversation that is open. */

import type { Chat, Conversation } from "../core";
import { sentence, useSurroundings } from "./context";
import { download } from "./download";
import { asJson, asMarkdown, fileName } from "./export";
import { Menu } from "./menu";
import { strings } from "./strings";
import type { Told } from "./toast";

interface Props {
  readonly conversation: Conversation;
  readonly rename: (conversation: Conversation) => void;
  readonly remove: (conversation: Conversation) => void;
  readonly tell: (told: Told) => void;
}

/** The menu in the header. */
export function ConversationMenu({ conversation, rename, remove, tell }: Props) {
  const { chat } = useSurroundings();
  const write = (kind: "markdown" | "json") => (): void => void save(chat, conversation, kind, tell);
  return (
    <Menu label={strings.conversationMenu.label} icon="dots" place="top-full right-0 mt-1" groups={[
      [
        { label: strings.conversationMenu.rename, icon: "pen", act: () => rename(conversation) },
        { label: strings.conversationMenu.exportMarkdown, icon: "download", act: write("markdown") },
        { label: strings.conversationMenu.exportJson, icon: "download", act: write("json") },
      ],
      [{ label: strings.conversationMenu.delete, icon: "trash", act: () => remove(conversation) }],
    ]} />
  );
}

async function save(chat: Chat, { id }: Conversation, kind: "markdown" | "json", tell: Props["tell"]): Promise<void> {
  const late = setTimeout(() => tell({ words: strings.toast.exporting }), 400);
  try {
    const { conversation, messages } = await chat.whole(id);
    const name = (extension: string): string => fileName(conversation.title, strings.exported.fileName, extension);
    if (kind === "json") download(name("json"), "application/json", asJson(conversation, messages));
    else download(name("md"), "text/markdown", asMarkdown(conversation, messages));
    clearTimeout(late);
    tell({ words: strings.toast.exported });
  } catch (error) {
    clearTimeout(late);
    tell({ words: sentence(error), wrong: true });
  }
}
