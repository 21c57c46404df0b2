/** Files that the page makes and the browser saves. */

/** Save `text` under `name`. */
export function download(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // Some browsers read it only after this.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Make a file name of a title: whatever some file system forbids becomes a space. */
export function fileName(title: string, instead: string, extension: string): string {
  const name = title
    .replace(/[\p{Cc}\p{Cf}\p{Cs}<>:"/\\|?*]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^\.+/, "");
  // Names are counted in bytes, of which a character has up to four.
  const short = [...name].slice(0, 60).join("").replace(/[. ]+$/, "");
  return `${short || instead}.${extension}`;
}
