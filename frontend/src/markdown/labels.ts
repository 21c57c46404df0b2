/** The words that a rendered text brings with it. */

export interface Labels {
  /** On the button of a piece of code. */
  readonly copy: string;
  /** There, after it was pressed. */
  readonly copied: string;
  /** Names a piece of code for those who can't see it; `language` may be empty. */
  readonly code: (language: string) => string;
  readonly table: string;
  /** The checkbox of a task that is done, and of one that is not. */
  readonly done: string;
  readonly notDone: string;
  /** A link to an image that is not loaded by itself; `alternative` and `host` may be empty. */
  readonly openImage: (alternative: string, host: string) => string;
}

export const ENGLISH: Labels = {
  copy: "Copy",
  copied: "Copied",
  code: (language) => (language ? `Code, ${language}` : "Code"),
  table: "Table",
  done: "Done",
  notDone: "Not done",
  openImage: (alternative, host) => {
    const name = alternative ? `Open image: ${alternative}` : "Open image";
    return host ? `${name} (${host})` : name;
  },
};
