/** CRC-32 (as in zlib) of a text's UTF-8 form, without making that form. */

const TABLE = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
  TABLE[byte] = sum;
}

function add(sum: number, byte: number): number {
  return (TABLE[(sum ^ byte) & 0xff] as number) ^ (sum >>> 8);
}

/** Return the checksum of what `before` is the checksum of, followed by `text`. */
export function crc32(text: string, before = 0): number {
  let sum = ~before;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      sum = add(sum, unit);
      continue;
    }
    const point = text.codePointAt(index) as number;
    if (point > 0xffff) {
      index++;
      sum = add(sum, 0xf0 | (point >> 18));
      sum = add(sum, 0x80 | ((point >> 12) & 0x3f));
    } else if (point > 0x7ff) {
      sum = add(sum, 0xe0 | (point >> 12));
    } else {
      sum = add(sum, 0xc0 | (point >> 6));
      sum = add(sum, 0x80 | (point & 0x3f));
      continue;
    }
    sum = add(sum, 0x80 | ((point >> 6) & 0x3f));
    sum = add(sum, 0x80 | (point & 0x3f));
  }
  return ~sum >>> 0;
}

/** Write a checksum as it travels: 8 hex digits. */
export function hexadecimal(sum: number): string {
  return sum.toString(16).padStart(8, "0");
}
