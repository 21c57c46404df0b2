/** Every word that the page says, by place; whoever translates the page translates this file. */

/** The words. */
export const strings = {
  /** The name of the product, which is nobody's to translate. */
  name: "Onesocket",

  page: {
    title: (conversation: string) => `${conversation} · Onesocket`,
    broken: "Something went wrong on this page. Reload it.",
    untitled: "Untitled",
    newConversation: "New conversation",
    cancel: "Cancel",
    dismiss: "Dismiss",
    count: (count: number) => count.toLocaleString("en"),
    close: "Close",
    tryAgain: "Try again",
    seconds: (count: number) => `${count} s`,
    minutes: (count: number) => `${count} minutes`,
  },

  /** In answers; the names are the renderer's. */
  markdown: {
    copy: "Copy",
    copied: "Copied",
    code: (language: string) => (language ? `Code, ${language}` : "Code"),
    table: "Table",
    done: "Done",
    notDone: "Not done",
    openImage: (alternative: string, host: string) => {
      const name = alternative ? `Open image: ${alternative}` : "Open image";
      return host ? `${name} (${host})` : name;
    },
  },

  announcer: {
    answering: "Answering…",
    complete: "The answer is complete.",
    away: "The connection is away.",
    back: "Connected again.",
  },

  banner: {
    away: "The connection is away. Trying again…",
    connecting: "Connecting…",
    recalled: "Not connected: showing what was here last. Trying again…",
    outOfDate: "Until then, what you see may be out of date.",
    beginAgain: "Begin again",
    connectAgain: "Connect again",
  },

  /** Why the connection ended for good, and what to do. */
  closed: {
    unknownGuest: "The server does not know you any more. Begin again, as somebody new.",
    unknownUser: "The server does not know who you are. Log in, then connect again.",
    headers: "Your browser sends more cookies than the server takes. Clear the cookies of this site, then connect again.",
    tooMany: "You have too many connections. Close other tabs with this page, then connect again.",
    tooLong: "The server did not take a message that is too long. Make it shorter, then connect again.",
    notUnderstood: "The server did not understand this page, which may be too old. Reload it.",
    silent: "The server did not hear from this page in time. Connect again.",
    ended: "The server ended this connection. Connect again.",
    other: (reason: string) => {
      const what = reason ? `The server ended this connection (${reason}).` : "The server ended this connection.";
      return `${what} Connect again; if that does not help, tell whoever runs this server.`;
    },
  },

  composer: {
    label: "Message",
    placeholder: "Write a message",
    whenBusy: "An answer is being written. What about this message?",
    busy: { stop: "Stop and send", wait: "Wait" },
    busyHint: { stop: "Stop the answer and send (Enter)", wait: "Send when the answer has ended (Enter)" },
    send: "Send",
    sendHint: "Send (Enter)",
    stop: "Stop",
    stopping: "Stopping",
    stopHint: "Stop (Esc)",
    model: "Model",
    demoOption: (model: string) => `${model} (demo)`,
  },

  length: {
    of: (length: string, limit: string) => `${length} of ${limit} characters`,
    over: (excess: string, limit: string) => `${excess} characters too long (${limit} can be sent)`,
    spoken: "The message is too long to be sent.",
  },

  progress: {
    waiting: "Waiting for the model…",
    thinking: "Thinking…",
    writing: "Writing…",
    stopping: "Stopping…",
  },

  sidebar: {
    label: "Conversations",
    open: "Open the list of conversations",
    close: "Hide the list of conversations",
    empty: "Your conversations will be listed here.",
    more: "Show more",
    rename: (title: string) => `Rename “${title}”`,
    delete: (title: string) => `Delete “${title}”`,
    today: "Today",
    yesterday: "Yesterday",
    week: "Last 7 days",
    month: "Last 30 days",
    earlier: "Earlier",
  },

  search: {
    label: "Search conversations",
    placeholder: "Search",
    clear: "Clear the search",
    searching: "Searching…",
    results: "Search results",
    nothing: (query: string) => `Nothing found for “${query}”.`,
    count: (count: number, more: boolean) =>
      `${count}${more ? " or more" : ""} ${count === 1 && !more ? "conversation" : "conversations"} found.`,
    failed: (why: string) => `The search failed. ${why}`,
    notReached: (why: string) => `What was found can’t be shown. ${why}`,
  },

  dialogs: {
    rename: "Rename",
    renameLabel: "Rename the conversation",
    titleLabel: "Title",
  },

  conversationMenu: {
    label: "Conversation menu",
    rename: "Rename",
    exportMarkdown: "Export as Markdown",
    exportJson: "Export as JSON",
    delete: "Delete",
  },

  toast: {
    deleted: "Deleted.",
    deletedElsewhere: "This conversation was deleted elsewhere.",
    undo: "Undo",
    restored: "It is back.",
    exporting: "Fetching all messages…",
    exported: "Exported.",
    copied: "Copied.",
    nothingToCopy: "There is no answer to copy yet.",
    notCopied: "The browser did not allow copying.",
  },

  exported: {
    you: "You",
    answer: (model: string | undefined) => (model ? `Answer (${model})` : "Answer"),
    thoughts: "Thoughts",
    fileName: "conversation",
    ended: (words: string) => `*${words}*`,
  },

  settings: {
    label: "Settings",
    system: "As the system",
    light: "Light",
    dark: "Dark",
    shortcuts: "Keyboard shortcuts",
  },

  shortcuts: {
    label: "Keyboard shortcuts",
    new: "New conversation",
    search: "Search conversations",
    next: "Next conversation",
    previous: "Previous conversation",
    sidebar: "Show or hide the list",
    write: "Go to where messages are written",
    copy: "Copy the last answer",
    help: "This help",
    send: "Send",
    line: "New line",
    stop: "Stop the answer",
    control: "Ctrl",
    command: "⌘",
    shift: "Shift",
    alt: "Alt",
    option: "⌥",
    enter: "Enter",
    escape: "Esc",
    or: "or",
  },

  empty: {
    greeting: "What is on your mind?",
    missing: "This conversation does not exist",
    missingWhy: "It may have been deleted, or it is somebody else’s.",
    beginNew: "Begin a new one",
    /** Stands before the mark of a demo model … */
    demoBefore: "A",
    /** … and after it. */
    demoAfter: "will answer: it is small, and often wrong.",
  },

  transcript: {
    label: "Messages",
    jump: "Jump to the latest",
    older: "Show earlier messages",
    another: "Asked once more",
    sending: "Sending…",
    willSend: "Will be sent when the connection is back.",
    notSent: (why: string) => `Not sent. ${why}`,
    tryAgain: "Try again",
    edit: "Edit",
    remove: "Remove",
    waits: "Waits for the answer to end.",
    sendNow: "Send now",
  },

  actions: {
    label: "What you can do with this message",
    copy: "Copy",
    copied: "Copied.",
    notCopied: "This browser does not let the page copy.",
    edit: "Edit",
    regenerate: "Answer again",
    anotherModel: "Answer with another model",
    continue: "Continue",
    details: "Details",
    previous: "Previous version",
    next: "Next version",
    version: (number: number, count: number) => `${number} / ${count}`,
    versionSpoken: (number: number, count: number) => `Version ${number} of ${count}`,
  },

  details: {
    model: "Model",
    named: (name: string, id: string) => (name === id ? name : `${name} (${id})`),
    begun: "Begun",
    input: "Read",
    output: "Written",
    tokens: (count: number, estimated: boolean) =>
      `${estimated ? "about " : ""}${count.toLocaleString("en")} tokens`,
  },

  editor: {
    label: "Edit the message",
    save: "Send",
    reset: "Undo changes",
  },

  message: {
    you: "You",
    answer: "Answer",
    /** Stands for a prompt that is still being fetched. */
    fetching: "…",
    thinking: "Thinking…",
    thoughts: "Thoughts",
    thoughtFor: (seconds: number) =>
      seconds < 60 ? `Thought for ${seconds} s` : `Thought for ${Math.floor(seconds / 60)} min ${seconds % 60} s`,
    askAgain: "Ask again",
    wait: (time: string) => `It may help to wait ${time}.`,
    leftOut: (count: number) => `without the ${count} oldest messages`,
    demo: "demo model",
    /** Whether a model's name says by itself that it is a demo. */
    saysDemo: (name: string) => /\bdemo\b/i.test(name),
    demoHint: "A small model that shows how things work. It is often wrong.",
  },

  endings: {
    nothing: "The model answered with nothing.",
    cancelled: "Stopped.",
    interrupted: "The server was interrupted; this is as far as the answer came.",
    filtered: "The model’s content filter ended this answer.",
    longest: "The answer ended at its greatest length.",
    failed: "The answer failed.",
    other: "The answer ended.",
  },
} as const;
