/** Which addresses a text may link to: an allow-list, since whoever wrote the text may mean ill. */

/** Controls, and what is not seen: browsers drop some of them from an address, so that `java\nscript:` is one. */
// eslint-disable-next-line no-control-regex
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * Return the address that a link to `written` may have, or `null` if it may have none.
 *
 * `https:`, `http:`, `mailto:` and `tel:` addresses, paths of this host and fragments are allowed. A web address
 * has to name its host, and must not name a user: `https://bank.example@evil.example` leads to the latter.
 */
export function linkAddress(written: string): string | null {
  const address = written.replace(UNSEEN, "").trim();
  if (/^(?:#|\/(?![/\\]))/.test(address) || /^(?:mailto|tel):/i.test(address)) return encoded(address);
  return hostOf(address) === null ? null : encoded(address);
}

/** Return the address that an image may have: on the web, or a path of this host. */
export function imageAddress(written: string): string | null {
  const address = linkAddress(written);
  return address !== null && /^(?:https?:|\/)/i.test(address) ? address : null;
}

/** Return the host that a web address names; `null` for whatever is no web address, or names a user. */
export function hostOf(address: string): string | null {
  if (!/^https?:\/\/[^/\\]/i.test(address)) return null;
  try {
    const { host, username, password } = new URL(address);
    return username || password ? null : host;
  } catch {
    return null;
  }
}

function encoded(address: string): string | null {
  try {
    // What is encoded already stays as it is.
    return encodeURI(address).replaceAll("%25", "%");
  } catch {
    return null;
  }
}
